import { spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { StackError } from './stack-error.ts';

/** Where the jars of Kafka and the registry lie. */
export type JavaArtifacts = Readonly<{ kafkaClassPath: string; registryJar: string }>;

/** How far the download has come. */
export type DownloadProgress = Readonly<{ files: number; megabytes: number }>;

type Environment = Readonly<Record<string, string | undefined>>;

const pom = fileURLToPath(new URL('./java/pom.xml', import.meta.url));

/** The folder of this pom's jars in the user's cache; another pom has another folder. */
export function cacheFolder(environment: Environment): string {
  const cache = environment.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'vxt-call-events', hash('sha256', readFileSync(pom)).slice(0, 16));
}

export const artifactsAreCached = (environment: Environment): boolean => existsSync(cacheFolder(environment));

/**
 * The jars, fetched through Maven unless the cache has them. The folder appears in one piece or not at all, so an interrupted download is repeated and two
 * at once do no harm. Throws StackError with what Maven said.
 */
export async function fetchJavaArtifacts(
  maven: string,
  environment: Environment,
  onProgress: (progress: DownloadProgress) => void,
  signal?: AbortSignal,
): Promise<JavaArtifacts> {
  const folder = cacheFolder(environment);
  if (!existsSync(folder)) {
    mkdirSync(join(folder, '..'), { recursive: true });
    const half = mkdtempSync(`${folder}.downloading-`);
    try {
      await download(maven, half, environment, onProgress, signal);
      moveTo(folder, half);
    } finally {
      rmSync(half, { recursive: true, force: true });
    }
  }
  const jar = readdirSync(join(folder, 'registry')).find((name) => name.endsWith('-runner.jar'));
  if (jar === undefined) throw new StackError(`${folder} holds no registry: remove the folder and start again`);
  return { kafkaClassPath: join(folder, 'kafka', '*'), registryJar: join(folder, 'registry', jar) };
}

function moveTo(folder: string, half: string): void {
  try {
    renameSync(half, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

async function download(
  maven: string,
  into: string,
  environment: Environment,
  onProgress: (progress: DownloadProgress) => void,
  signal?: AbortSignal,
): Promise<void> {
  const child = spawn(maven, ['-B', '-f', pom, `-Dstack.directory=${into}`, 'package'], {
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
    ...(signal === undefined ? {} : { signal }),
  });
  const exited = new Promise<number | string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code));
  });
  const errors: string[] = [];
  let [files, megabytes] = [0, 0];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('ERROR')) errors.push(line.replace('[ERROR] ', ''));
    const size = downloadedMegabytes(line);
    if (size === null) continue;
    files += 1;
    megabytes += size;
    onProgress({ files, megabytes });
  }
  const code = await exited;
  if (code === 0) return;
  if (signal?.aborted === true) throw new StackError('the download was interrupted');
  throw new StackError(`Maven could not fetch Kafka and the registry: ${errors[0] ?? `it ended with ${code}`}`);
}

/** The size in a line of Maven's such as `[INFO] Downloaded from central: https://… (9.7 MB at 12 MB/s)`; null for other lines. */
export function downloadedMegabytes(line: string): number | null {
  const [, amount, unit] = /Downloaded from .*\(([\d.]+) (B|kB|MB|GB) at /.exec(line) ?? [];
  if (amount === undefined || unit === undefined) return null;
  const perMegabyte: Readonly<Record<string, number>> = { B: 1e-6, kB: 1e-3, MB: 1, GB: 1e3 };
  return Number(amount) * (perMegabyte[unit] ?? 0);
}
