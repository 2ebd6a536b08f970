import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { kafkaProblem, registryProblem } from './probes.ts';
import { registryUrl } from './registry-server.ts';
import { StackError } from './stack-error.ts';
import { waitUntil } from './wait-until.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** How to call compose here, and what keeps the Docker stack from starting (null: nothing). */
export type DockerRuntime = Readonly<{ compose: readonly [string, ...string[]]; problem: string | null }>;

export type DockerStack = Readonly<{ brokers: string; registryUrl: string; stop: () => Promise<void> }>;

const composeFile = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url));
const composeWays: readonly (readonly [string, ...string[]])[] = [['docker', 'compose'], ['docker-compose']];

/** Looks for an engine that answers the docker command, and for compose as its plugin or by itself. */
export function findDocker(environment: Environment): DockerRuntime {
  const missing = (problem: string): DockerRuntime => ({ compose: ['docker', 'compose'], problem });
  const { error, status, stderr } = run(['docker', 'version', '--format', '{{.Server.Version}}'], environment);
  if (error !== undefined) return missing('no docker command is found');
  if (status !== 0) return missing(`no Docker engine answers: ${lastLine(stderr)}`);
  const compose = composeWays.find((way) => run([...way, 'version'], environment).status === 0);
  return compose === undefined ? missing('Docker answers, but compose is missing') : { compose, problem: null };
}

const run = ([command = '', ...args]: readonly string[], environment: Environment) =>
  spawnSync(command, args, { env: { ...environment }, encoding: 'utf8', timeout: 10_000 });

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

/**
 * Kafka and the registry of docker-compose.yml, in a compose project of their own, with their data in its volumes. Throws StackError with what compose said,
 * and leaves nothing running then.
 */
export async function startDockerStack(
  { compose }: DockerRuntime,
  options: Readonly<{ kafkaPort: number; registryPort: number; environment: Environment; signal: AbortSignal }>,
): Promise<DockerStack> {
  const environment = {
    ...options.environment,
    KAFKA_PORT: String(options.kafkaPort),
    SCHEMA_REGISTRY_PORT: String(options.registryPort),
  };
  const stop = async () => {
    await callCompose(compose, ['down', '--timeout', '5'], environment);
  };
  const url = registryUrl(options.registryPort);
  const said = await callCompose(compose, ['up', '-d', 'kafka', 'schema-registry'], environment, options.signal);
  const answers = async () =>
    (await kafkaProblem('127.0.0.1', options.kafkaPort)) === null && (await registryProblem(url)) === null;
  const up = said === null && (await waitUntil(answers, 90_000, { giveUp: () => options.signal.aborted }));
  if (up) return { brokers: `127.0.0.1:${options.kafkaPort}`, registryUrl: url, stop };
  await stop();
  throw new StackError(`The containers did not come up: ${said ?? 'Kafka or the registry does not answer'}`);
}

/** Ends the containers that an earlier start left; with `wipe` their data too. Null, or what compose said. */
export const removeDockerStack = ({ compose }: DockerRuntime, environment: Environment, wipe: boolean) =>
  callCompose(compose, ['down', '--timeout', '5', ...(wipe ? ['--volumes'] : [])], environment);

/** Null when it succeeded, else its last line. */
function callCompose(
  [command, ...first]: readonly [string, ...string[]],
  args: readonly string[],
  environment: Environment,
  signal?: AbortSignal,
): Promise<string | null> {
  const child = spawn(command, [...first, '-f', composeFile, '-p', 'vxt-call-events-dev', ...args], {
    env: { ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    ...(signal === undefined ? {} : { signal }),
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? null : lastLine(said) || `${command} ended with ${code}`));
  });
}
