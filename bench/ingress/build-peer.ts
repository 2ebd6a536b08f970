import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vxt-call-events');

/** Builds bench/peers/`peer` with Go, once, as `binary` in the user's cache; returns its path. Null, and a line that says so, where that is not possible. */
export function buildPeer(peer: string, binary: string): string | null {
  const path = join(cache, binary);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  console.log(`Building ${peer} (up to two minutes, once)`);
  const built = spawnSync('go', ['build', '-o', path, '.'], {
    cwd: join(import.meta.dirname, '../peers', peer),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (!built.error && built.status === 0) return path;
  console.log(`${peer} is left out: it cannot be built here (Go 1.22 or newer is needed)`);
  return null;
}
