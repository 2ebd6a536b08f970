import { join, resolve } from 'node:path';
import { type DownloadProgress, fetchJavaArtifacts } from './java-artifacts.ts';
import { findJava } from './java-runtime.ts';
import { kafkaServer } from './kafka-server.ts';
import { freePorts } from './ports.ts';
import { registryServer, registryUrl } from './registry-server.ts';
import type { ServerProcess, ServerProcessOptions } from './server-process.ts';
import { StackError } from './stack-error.ts';

export type JavaStackOptions = Readonly<{
  /** Kafka's log, the registry's file and both logs lie below it, and survive a stop. */
  dataDirectory: string;
  /** 0 or absent: any free port. */
  kafkaPort?: number;
  registryPort?: number;
  /** Where logs are written: `<data>/logs` by default. */
  logDirectory?: string;
  /** Broker properties on top of those of a single node. */
  brokerProperties?: Readonly<Record<string, string>>;
  onDownload?: (progress: DownloadProgress) => void;
  signal?: AbortSignal;
}> &
  Pick<ServerProcessOptions, 'onSpawn' | 'onDied'>;

/** A running Kafka and schema registry on 127.0.0.1. */
export type JavaStack = Readonly<{
  /** For KAFKA_BROKERS. */
  brokers: string;
  /** For SCHEMA_REGISTRY_URL. */
  registryUrl: string;
  kafka: ServerProcess;
  registry: ServerProcess;
  /** Registry first, then the broker. */
  stop: () => Promise<void>;
}>;

/** Starts both side by side and resolves when both answer. Leaves nothing running when it throws (StackError). */
export async function startJavaStack(options: JavaStackOptions): Promise<JavaStack> {
  const { java, maven, problem } = findJava(process.env);
  if (problem !== null) throw new StackError(`The Java stack cannot start: ${problem}`);
  const artifacts = await fetchJavaArtifacts(
    maven,
    process.env,
    options.onDownload ?? (() => undefined),
    options.signal,
  );
  const data = resolve(options.dataDirectory);
  const logs = resolve(options.logDirectory ?? join(data, 'logs'));
  const [anyKafka = 0, anyRegistry = 0, controllerPort = 0] = await freePorts(3);
  const kafkaPort = options.kafkaPort || anyKafka;
  const registryPort = options.registryPort || anyRegistry;
  const hooks = { onSpawn: options.onSpawn, onDied: options.onDied };
  const registry = registryServer({
    ...hooks,
    java,
    jar: artifacts.registryJar,
    directory: join(data, 'registry'),
    logFile: join(logs, 'schema-registry.log'),
    port: registryPort,
  });
  const kafka = kafkaServer({
    ...hooks,
    java,
    classPath: artifacts.kafkaClassPath,
    directory: join(data, 'kafka'),
    logFile: join(logs, 'kafka.log'),
    port: kafkaPort,
    controllerPort,
    signal: options.signal,
    properties: options.brokerProperties ?? {},
  });

  const stop = async () => {
    await registry.stop();
    await kafka.stop();
  };
  const interrupted = () => options.signal?.aborted === true;
  if (interrupted()) throw new StackError('the start was interrupted');
  const abort = () => void stop();
  options.signal?.addEventListener('abort', abort, { once: true });
  const outcomes = await Promise.allSettled([kafka.start(), registry.start()]);
  options.signal?.removeEventListener('abort', abort);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined || interrupted()) {
    await stop();
    throw failed?.reason ?? new StackError('the start was interrupted');
  }
  return { brokers: `127.0.0.1:${kafkaPort}`, registryUrl: registryUrl(registryPort), kafka, registry, stop };
}
