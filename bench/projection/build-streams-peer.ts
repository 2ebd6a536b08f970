import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findJava } from '../../dev/stack/java-runtime.ts';

const peer = join(import.meta.dirname, '../peers/kafka-streams');

/** Builds bench/peers/kafka-streams with Maven, once per content, in the user's cache. Null, and a line that says so, where that is not possible. */
export function buildStreamsPeer(): Readonly<{ java: string; classPath: string }> | null {
  const { java, maven, problem } = findJava(process.env);
  if (problem !== null) {
    console.log(`Kafka Streams is left out: ${problem}`);
    return null;
  }
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vxt-call-events');
  const folder = join(cache, `kafka-streams-peer-${contentHash()}`);
  const classPath = [join(folder, 'target/peer.jar'), join(folder, 'lib/*')].join(':');
  if (existsSync(folder)) return { java, classPath };
  console.log('Building the Kafka Streams program (about a minute, once)');
  const half = `${folder}.building`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { recursive: true });
  const { status } = spawnSync(
    maven,
    ['-q', '-B', '-f', join(peer, 'pom.xml'), `-Dpeer.directory=${half}`, 'package'],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  if (status !== 0) {
    console.log('Kafka Streams is left out: Maven could not build it (see above)');
    return null;
  }
  renameSync(half, folder);
  return { java, classPath };
}

function contentHash(): string {
  const hash = createHash('sha256');
  for (const file of globSync('{pom.xml,src/**/*.java}', { cwd: peer }).sort())
    hash.update(readFileSync(join(peer, file)));
  return hash.digest('hex').slice(0, 16);
}
