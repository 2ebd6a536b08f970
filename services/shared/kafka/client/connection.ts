import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import type { Logger } from '../../observability/logger.ts';
import { useOwnFetchDecoder } from '../kafkajs-patches/fetch/use-own-fetch-decoder.ts';
import { useOwnProduceAnswers } from '../kafkajs-patches/produce/use-own-produce-answers.ts';
import { identify } from '../refusals/access.ts';
import { createCoordinatorRefusals } from '../refusals/coordinator-refusals.ts';
import { logClient } from './client-log.ts';
import { type KafkaSecurity, securityOf } from './security.ts';
import { seedBrokers } from './seed-brokers.ts';
import { createSockets } from './sockets.ts';

export type KafkaSettings = Readonly<{
  brokers: readonly string[];
  topicPrefix: string;
  partitions: number;
  replicationFactor: number;
  createTopics: boolean;
}> &
  KafkaSecurity;

/** Overrides for one client. `onProblem` is called for every error kafkajs reports, even one that a retry resolves. */
export type KafkaOptions = Partial<KafkaConfig> & Readonly<{ onProblem?: () => void }>;

/** A client that can be ended for good: `sever` cuts its connections, because kafkajs cannot cancel a request (shared/kafka/README.md, rule 2). */
export type SeverableKafka = Readonly<{ kafka: Kafka; sever: () => void }>;

/** A kafkajs client for these settings, not connected yet. Throws SettingsError if the TLS and login settings contradict each other. */
export const createKafka = (
  settings: KafkaSettings,
  clientId: string,
  logger: Logger,
  options: KafkaOptions = {},
): Kafka => createSeverableKafka(settings, clientId, logger, options).kafka;

/** As `createKafka`, with `sever`. */
export function createSeverableKafka(
  settings: KafkaSettings,
  clientId: string,
  logger: Logger,
  { onProblem = () => undefined, ...more }: KafkaOptions = {},
): SeverableKafka {
  useOwnFetchDecoder();
  useOwnProduceAnswers();
  const coordinators = createCoordinatorRefusals(() => performance.now());
  const { names, addressOf } = seedBrokers(settings.brokers);
  const sockets = createSockets(addressOf);
  const kafka = new Kafka({
    clientId,
    brokers: [...names],
    socketFactory: sockets.create,
    connectionTimeout: 5_000,
    authenticationTimeout: 5_000,
    requestTimeout: 10_000,
    retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 2_000 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      if (sockets.isSevered()) return;
      coordinators.note(entry);
      if (entry.level === logLevel.ERROR) onProblem();
      logClient(logger, entry);
    },
    ...securityOf(settings),
    ...more,
  });
  const service = clientId.replace(/^vxt-/, '');
  return { kafka: identify(kafka, { service, security: settings, coordinators }), sever: sockets.sever };
}
