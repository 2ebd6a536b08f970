import { readFileSync } from 'node:fs';
import { Kafka, type KafkaConfig, type LogEntry, logLevel, type SASLOptions } from 'kafkajs';
import type { Secret } from '../config/secret.ts';
import type { Logger } from '../observability/logger.ts';

export type KafkaSettings = Readonly<{
  brokers: readonly string[];
  ssl: boolean;
  sslCaFile: string | null;
  saslMechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' | null;
  saslUsername: string | null;
  saslPassword: Secret | null;
  topicPrefix: string;
  partitions: number;
  replicationFactor: number;
  createTopics: boolean;
}>;

/** A kafkajs client for these settings; it opens no connection yet. Throws if the CA file cannot be read. */
export function createKafka(
  settings: KafkaSettings,
  clientId: string,
  logger: Logger,
  more: Partial<KafkaConfig> = {},
): Kafka {
  return new Kafka({
    clientId,
    brokers: [...settings.brokers],
    connectionTimeout: 5_000,
    authenticationTimeout: 5_000,
    requestTimeout: 10_000,
    retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 2_000 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => logKafkajs(logger, entry),
    ...tls(settings),
    ...sasl(settings),
    ...more,
  });
}

function tls(settings: KafkaSettings): Pick<KafkaConfig, 'ssl'> {
  if (!settings.ssl) return {};
  return { ssl: settings.sslCaFile === null ? true : { ca: [readFileSync(settings.sslCaFile, 'utf8')] } };
}

function sasl(settings: KafkaSettings): Pick<KafkaConfig, 'sasl'> {
  const { saslMechanism: mechanism, saslUsername: username, saslPassword: password } = settings;
  if (mechanism === null) return {};
  if (username === null || password === null) {
    throw new Error('KAFKA_SASL_MECHANISM is set, so KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD must be set too');
  }
  return { sasl: { mechanism, username, password: password.reveal() } as SASLOptions };
}

/** kafkajs's own lines, as warnings of ours: its message, and the broker it speaks of. Nothing else of the entry is logged. */
function logKafkajs(logger: Logger, entry: LogEntry): void {
  const { message, broker, error } = entry.log;
  logger[entry.level === logLevel.ERROR ? 'warn' : 'debug']('kafka-client-said', {
    problem: `${message}${typeof error === 'string' ? `: ${error}` : ''}`,
    ...(typeof broker === 'string' ? { broker } : {}),
  });
}
