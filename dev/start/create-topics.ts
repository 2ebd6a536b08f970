import { type TopicId, topicDefinitions } from '../../services/shared/call-events/topics.ts';
import { kafkaSettings } from '../../services/shared/config/common-settings.ts';
import { type Environment, readSettings } from '../../services/shared/config/settings.ts';
import { createKafka } from '../../services/shared/kafka/connection.ts';
import { ensureTopics } from '../../services/shared/kafka/ensure-topics.ts';
import { noSecurity } from '../../services/shared/kafka/security.ts';
import type { Logger } from '../../services/shared/observability/logger.ts';
import { messageOf, StackError } from '../stack/stack-error.ts';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  fatal: () => undefined,
};

/**
 * Creates every topic that is missing, so that the services find all of them with leaders. A broker that was started here wants no TLS and no login, whatever
 * the environment says. Throws SettingsError or StackError.
 */
export async function createTopics(environment: Environment, ownBroker: boolean): Promise<void> {
  const read = readSettings(kafkaSettings, environment);
  const settings = ownBroker ? { ...read, ...noSecurity, replicationFactor: 1 } : read;
  const topics = Object.keys(topicDefinitions) as TopicId[];
  try {
    const kafka = createKafka(settings, 'vxt-start', silent);
    await ensureTopics(kafka, { reads: [], writes: topics }, settings, silent);
  } catch (error) {
    throw new StackError(messageOf(error));
  }
}
