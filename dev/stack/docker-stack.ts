import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { lastWords } from './last-words.ts';
import { kafkaProblem, registryProblem } from './probes.ts';
import { registryUrl } from './registry-server.ts';
import { StackError } from './stack-error.ts';
import { waitUntil } from './wait-until.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** How to call compose here, and what keeps the Docker stack from starting (null: nothing). */
export type DockerRuntime = Readonly<{ compose: readonly [string, ...string[]]; problem: string | null }>;

export type DockerStack = Readonly<{ brokers: string; registryUrl: string; stop: () => Promise<void> }>;

export type DockerStackOptions = Readonly<{
  kafkaPort: number;
  registryPort: number;
  environment: Environment;
  signal: AbortSignal;
  /** A container ended without being asked to, after all were up; `said` is the last thing it wrote. */
  onDied: (name: string, how: string, said: string) => void;
}>;

const PROJECT = 'vxt-call-events-dev';
const LOOK_EVERY_MS = 3_000;

/** Compose wants the secrets of all services in its file; Kafka and the registry, the only two started here, read none of them. */
const unusedSecrets: Environment = Object.fromEntries(
  ['VXT_WEBHOOK_TOKENS', 'CALL_METRICS_API_TOKENS', 'GRAFANA_ADMIN_PASSWORD'].map((name) => [name, 'unused']),
);
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
export async function startDockerStack({ compose }: DockerRuntime, options: DockerStackOptions): Promise<DockerStack> {
  const environment = {
    ...options.environment,
    KAFKA_PORT: String(options.kafkaPort),
    SCHEMA_REGISTRY_PORT: String(options.registryPort),
  };
  let watch: NodeJS.Timeout | null = null;
  const stop = async () => {
    if (watch !== null) clearInterval(watch);
    await callCompose(compose, ['down', '--timeout', '5'], environment);
  };
  const url = registryUrl(options.registryPort);
  const said = await callCompose(compose, ['up', '-d', 'kafka', 'schema-registry'], environment, options.signal);
  let ended: Ended | null = null;
  const answers = async () => {
    if (await bothAnswer(options.kafkaPort, url)) return true;
    ended = await endedContainer(environment);
    return false;
  };
  const giveUp = () => options.signal.aborted || ended !== null;
  if (said === null && (await waitUntil(answers, 90_000, { everyMs: 500, giveUp }))) {
    watch = setInterval(async () => {
      const dead = await endedContainer(environment);
      if (dead !== null) options.onDied(dead.name, 'ended', dead.said);
    }, LOOK_EVERY_MS);
    return { brokers: `127.0.0.1:${options.kafkaPort}`, registryUrl: url, stop };
  }
  await stop();
  throw new StackError(`The containers did not come up: ${said ?? describe(ended)}`);
}

type Ended = Readonly<{ name: string; said: string }>;

const describe = (ended: Ended | null): string =>
  ended === null ? 'Kafka or the registry does not answer' : `${ended.name} ended: ${ended.said}`;

const bothAnswer = async (kafkaPort: number, url: string): Promise<boolean> =>
  (await kafkaProblem('127.0.0.1', kafkaPort)) === null && (await registryProblem(url)) === null;

/** A container of the stack that is there but does not run any more, with the last thing it said; null when there is none. */
async function endedContainer(environment: Environment): Promise<Ended | null> {
  const filters = [`label=com.docker.compose.project=${PROJECT}`, 'status=exited'].flatMap((one) => ['--filter', one]);
  const list = await call(['docker', 'ps', '--all', ...filters, '--format', '{{.Names}}'], environment);
  const [name] = list.said.trim().split('\n');
  if (list.problem !== null || name === undefined || name === '') return null;
  return { name, said: lastWords((await call(['docker', 'logs', '--tail', '50', name], environment)).said) };
}

/** Ends the containers that an earlier start left; with `wipe` their data too. Null, or what compose said. */
export const removeDockerStack = ({ compose }: DockerRuntime, environment: Environment, wipe: boolean) =>
  callCompose(compose, ['down', '--timeout', '5', ...(wipe ? ['--volumes'] : [])], environment);

/** Null when it succeeded, else its last line. */
async function callCompose(
  compose: readonly [string, ...string[]],
  args: readonly string[],
  environment: Environment,
  signal?: AbortSignal,
): Promise<string | null> {
  const command: readonly [string, ...string[]] = [...compose, '-f', composeFile, '-p', PROJECT, ...args];
  return (await call(command, { ...unusedSecrets, ...environment }, signal)).problem;
}

/** Runs a command: all it said, and null or, when it failed, its last line. In a session of its own, out of reach of Ctrl-C. */
function call([command, ...args]: readonly [string, ...string[]], environment: Environment, signal?: AbortSignal) {
  const child = spawn(command, args, {
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(signal === undefined ? {} : { signal }),
  });
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  return new Promise<Readonly<{ said: string; problem: string | null }>>((resolve) => {
    child.once('error', (error) => resolve({ said, problem: error.message }));
    child.once('close', (code) => {
      resolve({ said, problem: code === 0 ? null : lastLine(said) || `${command} ended with ${code}` });
    });
  });
}
