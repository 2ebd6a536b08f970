import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import type { Logger } from '../observability/logger.ts';
import { identify } from './access.ts';
import { logClient } from './client-log.ts';
import { createCoordinatorRefusals } from './coordinator-refusals.ts';
import { useOwnFetchDecoder } from './fetch/use-own-fetch-decoder.ts';
import { useOwnProduceAnswers } from './produce/use-own-produce-answers.ts';
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

/** What a client may want otherwise. `onProblem` is called for every error kafkajs reports, whether it passes or not. */
export type KafkaOptions = Partial<KafkaConfig> & Readonly<{ onProblem?: () => void }>;

/** A client whose connections can be cut: `sever` ends whatever it does, for good. kafkajs itself cannot cancel a request, and times it by the wall clock. */
export type SeverableKafka = Readonly<{ kafka: Kafka; sever: () => void }>;

/** A kafkajs client for these settings; it opens no connection yet. Throws SettingsError where those of TLS and login do not fit. */
export const createKafka = (
  settings: KafkaSettings,
  clientId: string,
  logger: Logger,
  options: KafkaOptions = {},
): Kafka => createSeverableKafka(settings, clientId, logger, options).kafka;

/** The same, with the means to end it. */
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
