import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Environment } from '../../services/shared/config/settings.ts';
import { findDocker, removeDockerStack, startDockerStack } from '../stack/docker-stack.ts';
import { findJava } from '../stack/java-runtime.ts';
import { startJavaStack } from '../stack/java-stack.ts';
import { portIsFree } from '../stack/ports.ts';
import type { ServerProcess, ServerProcessOptions } from '../stack/server-process.ts';
import { StackError } from '../stack/stack-error.ts';
import { checkExternal } from './check-external.ts';
import { chooseStack, type StackKind } from './choose-stack.ts';
import { createTopics } from './create-topics.ts';
import { checkDataDirectory } from './data-directory.ts';
import { followErrors } from './follow-errors.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { hasPrometheus, prometheusProcess } from './prometheus-process.ts';
import { serviceProcesses } from './service-processes.ts';
import { type PortUse, portProblems, portsToUse, readStartSettings, type StartSettings } from './start-settings.ts';
import { summary } from './summary.ts';
import { threeWays } from './three-ways.ts';
import { token } from './tokens.ts';
import type { Voice } from './voice.ts';

export type StartOptions = Readonly<{
  environment: Environment;
  /** Wipe all data first. */
  reset: boolean;
  voice: Voice;
  /** Aborted when a person asked to stop. */
  stopAsked: AbortSignal;
  /** npm's process number when npm started this. */
  npmPid: number | null;
}>;

type Stack = Readonly<{ brokers: string; registryUrl: string; stop: () => Promise<void> }>;
type Hooks = Readonly<Required<{ [Hook in 'onSpawn' | 'onDied']: NonNullable<ServerProcessOptions[Hook]> }>>;

/**
 * Runs the whole system until it is asked to stop or a part of it dies. Resolves with nothing when it was asked, after everything has been stopped. Throws
 * StackError or SettingsError, after everything has been stopped too, when something cannot start or died.
 */
export async function start(options: StartOptions): Promise<void> {
  const { environment, voice, stopAsked } = options;
  const startedAt = performance.now();
  const settings = readStartSettings(environment);
  const kind = pickStack(environment, voice);
  if (kind === 'java') checkDataDirectory(settings.dataDirectory);
  const withPrometheus = hasPrometheus(environment);
  if (!withPrometheus)
    voice.say('Without Prometheus, which nothing here needs: no program `prometheus` is on the path.');
  const ledger = createLedger(resolve(settings.dataDirectory), options.npmPid);
  await cleanUp(ledger, kind, options, settings);
  await checkPorts(portsToUse(settings, { stack: kind !== 'external', prometheus: withPrometheus }));
  ledger.open(kind === 'docker');

  const ending = new AbortController();
  const end = new Promise<void>((settle) => ending.signal.addEventListener('abort', () => settle(), { once: true }));
  const stop = () => ending.abort();
  stopAsked.addEventListener('abort', stop, { once: true });
  if (stopAsked.aborted) stop();
  let death: string | null = null;
  const hooks: Hooks = {
    onSpawn: (name, identity) => ledger.add(name, identity),
    onDied: (name, how, said) => {
      death ??= `${name} ${how}${said === '' ? '' : `: ${said}`}`;
      stop();
    },
  };

  let stack: Stack | null = null;
  let services: readonly ServerProcess[] = [];
  const followed: (() => void)[] = [];
  try {
    stack = await startStack(kind, settings, options, hooks, ending.signal);
    voice.done(`Kafka at ${stack.brokers}, schema registry at ${stack.registryUrl}`);
    const webhook = token('VXT_WEBHOOK_TOKENS', environment, settings.dataDirectory);
    const api = token('CALL_METRICS_API_TOKENS', environment, settings.dataDirectory);
    await createTopics({ ...environment, KAFKA_BROKERS: stack.brokers }, kind !== 'external');
    const place = { settings, environment, logDirectory: freshLogDirectory(settings) };
    services = serviceProcesses({
      ...hooks,
      ...place,
      brokers: stack.brokers,
      registryUrl: stack.registryUrl,
      ownStack: kind !== 'external',
      tokens: { ...webhook.variables, ...api.variables },
    });
    if (withPrometheus) services = [...services, prometheusProcess({ ...hooks, ...place })];
    followed.push(...services.map((one) => followErrors(one.logFile, (said) => voice.warn(`${one.name}: ${said}`))));
    await Promise.race([startServices(services, voice), end]);
    if (!ending.signal.aborted) {
      voice.ready(`Ready in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s.`);
      voice.say('');
      const { brokers, registryUrl } = stack;
      const tokens = { webhookToken: webhook.token, apiToken: api.token };
      voice.say(summary({ settings, brokers, registryUrl, ...tokens, withPrometheus, nowMs: Date.now() }));
      await end;
    }
  } catch (error) {
    // What failed because it was told to stop is not what went wrong.
    if (!ending.signal.aborted) throw error;
  } finally {
    stopAsked.removeEventListener('abort', stop);
    for (const unfollow of followed) unfollow();
    if (stack !== null) voice.say('Stopping the services, then the schema registry and Kafka.');
    await stopAll(services, stack);
    ledger.close();
  }
  if (death !== null) throw new StackError(`${death}. Everything else was stopped. Logs: ${logDirectory(settings)}`);
}

function pickStack(environment: Environment, voice: Voice): StackKind {
  const choice = chooseStack({
    forced: environment.STACK,
    brokers: environment.KAFKA_BROKERS,
    registryUrl: environment.SCHEMA_REGISTRY_URL,
    javaProblem: () => findJava(environment).problem,
    dockerProblem: () => findDocker(environment).problem,
  });
  if (choice.kind === 'none') {
    const { problem, java, docker } = choice;
    if (java === null && docker === null) throw new StackError(`${problem}.`);
    throw new StackError(`${problem}. ${threeWays(java, docker, process.platform, process.getuid?.() === 0)}`);
  }
  const names = {
    external: 'the Kafka and registry given',
    java: 'Kafka and registry on Java',
    docker: 'Kafka and registry in Docker',
  };
  voice.say(`Using ${names[choice.kind]}: ${choice.why}.`);
  return choice.kind;
}

/** Ends what an earlier start left, and wipes the data if asked to. */
async function cleanUp(ledger: Ledger, kind: StackKind, options: StartOptions, settings: StartSettings): Promise<void> {
  const { environment, voice, reset } = options;
  const { busy, cleaned, containers } = await ledger.recover();
  if (busy !== null)
    throw new StackError(`npm start is running here already, as process ${busy}. To stop it: kill ${busy}`);
  if (cleaned.length > 0) voice.say(`An earlier start was cut off; ended what it left: ${cleaned.join(', ')}.`);
  if (containers || (reset && kind === 'docker')) await removeDockerStack(findDocker(environment), environment, reset);
  if (!reset) return;
  for (const part of ['kafka', 'registry', 'spool', 'prometheus', 'tokens', 'logs', 'processes.json']) {
    rmSync(join(settings.dataDirectory, part), { recursive: true, force: true });
  }
  voice.say(`Wiped ${settings.dataDirectory}.${kind === 'external' ? ' The Kafka given keeps its topics.' : ''}`);
}

async function checkPorts(uses: readonly PortUse[]): Promise<void> {
  const taken = await Promise.all(uses.map(async ({ port }) => ((await portIsFree(port)) ? [] : [port])));
  const problems = portProblems(uses, new Set(taken.flat()));
  if (problems.length > 0) throw new StackError(problems.join('\n'));
}

async function startStack(
  kind: StackKind,
  settings: StartSettings,
  { environment, voice }: StartOptions,
  hooks: Hooks,
  signal: AbortSignal,
): Promise<Stack> {
  const { KAFKA_BROKERS: brokers = '', SCHEMA_REGISTRY_URL: registryUrl = '' } = environment;
  const ports = { kafkaPort: settings.kafka, registryPort: settings.registry };
  switch (kind) {
    case 'external':
      await checkExternal(brokers, registryUrl, environment.KAFKA_SSL === 'true');
      return { brokers, registryUrl, stop: async () => undefined };
    case 'java':
      return await startJavaStack({
        ...hooks,
        ...ports,
        dataDirectory: settings.dataDirectory,
        logDirectory: freshLogDirectory(settings, ['kafka', 'schema-registry']),
        onDownload: ({ files, megabytes }) =>
          voice.progress(`Downloading Kafka and the registry, this once: ${files} files, ${megabytes.toFixed(0)} MB`),
        signal,
      });
    case 'docker':
      voice.say('Starting the containers; the first time their images are pulled, which can take minutes.');
      return await startDockerStack(findDocker(environment), { ...ports, environment, signal, onDied: hooks.onDied });
  }
}

async function startServices(services: readonly ServerProcess[], voice: Voice): Promise<void> {
  await Promise.all(
    services.map(async (service) => {
      await service.start();
      if (service.pid() !== null) voice.done(`${service.name} is ready`);
    }),
  );
}

/** Within 10 s: ingress (3), the other two and Prometheus (2), registry (1.5), broker (3). */
async function stopAll([ingress, ...others]: readonly ServerProcess[], stack: Stack | null): Promise<void> {
  await ingress?.stop();
  await Promise.all(others.map((service) => service.stop()));
  await stack?.stop();
}

const logDirectory = ({ dataDirectory }: StartSettings): string => relative('', resolve(dataDirectory, 'logs'));

/** The folder of logs, with the logs of the start before moved aside. */
function freshLogDirectory(
  settings: StartSettings,
  names: readonly string[] = ['ingress', 'call-metrics', 'prometheus-exporter', 'prometheus'],
): string {
  const folder = resolve(settings.dataDirectory, 'logs');
  mkdirSync(folder, { recursive: true });
  for (const name of names) {
    if (existsSync(join(folder, `${name}.log`)))
      renameSync(join(folder, `${name}.log`), join(folder, `${name}.previous.log`));
  }
  return folder;
}
