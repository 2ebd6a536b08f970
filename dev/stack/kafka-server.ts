import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { javaProperties } from './java-properties.ts';
import { kafkaProblem } from './probes.ts';
import { type ServerProcess, type ServerProcessOptions, serverProcess } from './server-process.ts';
import { StackError } from './stack-error.ts';

export type KafkaServerOptions = Readonly<{
  java: string;
  classPath: string;
  /** Keeps the log of Kafka; formatted at the first start. */
  directory: string;
  logFile: string;
  port: number;
  controllerPort: number;
  /** Ends the formatting. */
  signal: AbortSignal | undefined;
  /** Broker properties that win over the ones below. */
  properties: Readonly<Record<string, string>>;
  /** Arguments of `StorageTool format` on top, such as `--add-scram`. */
  formatArguments?: readonly string[];
  /** Whether it can be worked with; else it is asked in plain text on its port. */
  ready?: () => Promise<boolean>;
}> &
  Pick<ServerProcessOptions, 'onSpawn' | 'onDied'>;

/** One Kafka node, broker and controller in one, as a server process. Its first start formats its directory. */
export function kafkaServer(options: KafkaServerOptions): ServerProcess {
  const { java, classPath, directory, logFile, port } = options;
  mkdirSync(directory, { recursive: true });
  const propertiesFile = join(directory, 'server.properties');
  const properties = { ...brokerProperties(options), ...options.properties };
  writeFileSync(propertiesFile, javaProperties(properties));
  return serverProcess({
    name: 'Kafka',
    command: java,
    args: ['-Xms256m', '-Xmx512m', ...logging('warn'), '-cp', classPath, 'kafka.Kafka', propertiesFile],
    environment: jvmEnvironment(),
    directory,
    logFile,
    prepare: () => formatOnce(options, propertiesFile),
    ready: options.ready ?? (async () => (await kafkaProblem('127.0.0.1', port)) === null),
    startWithinMs: 60_000,
    stopWithinMs: 3_000,
    onSpawn: options.onSpawn,
    onDied: options.onDied,
  });
}

/** One node, so one replica of everything; topics are created by those who know how many partitions they have. */
function brokerProperties({ directory, port, controllerPort }: KafkaServerOptions): Readonly<Record<string, string>> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(directory, 'log'),
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '8',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '8',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'false',
    // After kill -9 the node may register again only when its former session is over: 9 s by default.
    'broker.session.timeout.ms': '5000',
    'broker.heartbeat.interval.ms': '1000',
  };
}

/** Gives the directory a cluster id. The mark is set only after that succeeded, so that a half formatted directory is formatted again. */
async function formatOnce(
  { java, classPath, directory, signal, formatArguments = [] }: KafkaServerOptions,
  propertiesFile: string,
): Promise<void> {
  const mark = join(directory, 'formatted');
  if (existsSync(mark)) return;
  const id = randomBytes(16).toString('base64url').replace(/^-/, 'A');
  const args = [
    ...['-Xmx128m', '-XX:TieredStopAtLevel=1', ...logging('error'), '-cp', classPath, 'kafka.tools.StorageTool'],
    ...['format', '--standalone', '--ignore-formatted', '--cluster-id', id, '--config', propertiesFile],
    ...formatArguments,
  ];
  const child = spawn(java, args, {
    env: jvmEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(signal === undefined ? {} : { signal }),
  });
  let said = '';
  for (const output of [child.stdout, child.stderr]) output.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', resolve);
  });
  if (code !== 0) throw new StackError(`Kafka's directory ${directory} could not be formatted: ${said.trim() || code}`);
  writeFileSync(mark, `${id}\n`);
}

const logging = (level: string): readonly string[] => [
  `-Dorg.slf4j.simpleLogger.defaultLogLevel=${level}`,
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
];

/**
 * Only what a JVM needs: nothing of the launcher's environment, which may hold tokens, reaches Kafka or the registry. In another locale than one of UTF-8 Java
 * cannot open a path in another alphabet.
 */
export function jvmEnvironment(): Readonly<Record<string, string>> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'JAVA_HOME'];
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && kept.includes(name) ? [[name, value] as const] : [],
  );
  return { ...Object.fromEntries(inherited), LC_ALL: 'C.UTF-8' };
}
