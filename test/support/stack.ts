import { randomBytes } from 'node:crypto';

/** Where the stack is that global-setup started, and settings that keep one test file's topics apart from all others. */
export function isolatedStack() {
  const { KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: registryUrl } = process.env;
  if (brokers === undefined || registryUrl === undefined) throw new Error('global-setup did not start a stack');
  const prefix = `t${randomBytes(3).toString('hex')}.`;
  const environment = {
    KAFKA_BROKERS: brokers,
    SCHEMA_REGISTRY_URL: registryUrl,
    KAFKA_TOPIC_PREFIX: prefix,
    KAFKA_PARTITIONS: '3',
  } as const;
  return { brokers, registryUrl, prefix, environment };
}
