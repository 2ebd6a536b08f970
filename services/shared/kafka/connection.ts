import { Kafka, type KafkaConfig, type LogEntry, logLevel } from 'kafkajs';
import type { Logger } from '../observability/logger.ts';
import { identify } from './access.ts';
import { createCoordinatorRefusals } from './coordinator-refusals.ts';
import { useOwnFetchDecoder } from './fetch/use-own-fetch-decoder.ts';
import { type KafkaSecurity, securityOf } from './security.ts';

export type KafkaSettings = Readonly<{
  brokers: readonly string[];
  topicPrefix: string;
  partitions: number;
  replicationFactor: number;
  createTopics: boolean;
}> &
  KafkaSecurity;

/** What a client may want otherwise. `onProblem` is called for every error kafkajs reports, whether it passes or not. */
export type KafkaOptions = Partial<KafkaConfig> & Readonly<{ onProblem?: () => void }>;

/** A kafkajs client for these settings; it opens no connection yet. Throws SettingsError where those of TLS and login do not fit. */
export function createKafka(
  settings: KafkaSettings,
  clientId: string,
  logger: Logger,
  { onProblem = () => undefined, ...more }: KafkaOptions = {},
): Kafka {
  useOwnFetchDecoder();
  const coordinators = createCoordinatorRefusals(() => performance.now());
  const kafka = new Kafka({
    clientId,
    brokers: [...settings.brokers],
    connectionTimeout: 5_000,
    authenticationTimeout: 5_000,
    requestTimeout: 10_000,
    retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 2_000 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      coordinators.note(entry);
      if (entry.level === logLevel.ERROR) onProblem();
      logKafkajs(logger, entry);
    },
    ...securityOf(settings),
    ...more,
  });
  return identify(kafka, { service: clientId.replace(/^vxt-/, ''), security: settings, coordinators });
}

/** kafkajs's own lines, as warnings of ours: its message, and the broker it speaks of. Nothing else of the entry is logged. */
function logKafkajs(logger: Logger, entry: LogEntry): void {
  const { message, broker, error } = entry.log;
  logger[entry.level === logLevel.ERROR ? 'warn' : 'debug']('kafka-client-said', {
    problem: `${message}${typeof error === 'string' ? `: ${error}` : ''}`,
    ...(typeof broker === 'string' ? { broker } : {}),
  });
}
