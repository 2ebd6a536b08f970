import type { Logger } from '../observability/logger.ts';
import { type BrokerWatch, watchBrokers } from './broker-watch.ts';
import { createSeverableKafka, type KafkaSettings } from './connection.ts';
import { boundedClient } from './publisher/bounded-client.ts';

/** A question of the watch settles well within this. */
const DEADLINE_MS = 8_000;

/** Watches the brokers of these settings from now on, over a connection of its own. */
export const watchBrokersOf = (
  settings: KafkaSettings,
  clientId: string,
  logger: Logger,
  onProblem: () => void,
): BrokerWatch =>
  watchBrokers({
    createClient: () => createSeverableKafka(settings, clientId, logger, { ...boundedClient(DEADLINE_MS), onProblem }),
    logger,
  });
