import { optionalSetting, requiredSetting, secretSetting, setting } from './settings.ts';
import { brokerList, flag, httpUrl, oneOf, port, text, wholeNumber } from './types.ts';

const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** How every service reaches Kafka. */
export const kafkaSettings = {
  brokers: requiredSetting('KAFKA_BROKERS', 'Comma list of the brokers to ask first, each host:port.', brokerList),
  ssl: setting('KAFKA_SSL', 'Whether to speak TLS to the brokers.', flag, false),
  sslCaFile: optionalSetting(
    'KAFKA_SSL_CA_FILE',
    'PEM file with the authority that signed the brokers’ certificates.',
    text,
  ),
  sslCertFile: optionalSetting(
    'KAFKA_SSL_CERT_FILE',
    'PEM file with the certificate that this service shows to the brokers, its chain behind it.',
    text,
  ),
  sslKeyFile: optionalSetting('KAFKA_SSL_KEY_FILE', 'PEM file with the private key of that certificate.', text),
  saslMechanism: optionalSetting('KAFKA_SASL_MECHANISM', 'SASL mechanism; unset means none.', oneOf(...saslMechanisms)),
  saslUsername: optionalSetting('KAFKA_SASL_USERNAME', 'User name for SASL.', text),
  saslPassword: secretSetting('KAFKA_SASL_PASSWORD', 'Password for SASL.'),
  topicPrefix: setting(
    'KAFKA_TOPIC_PREFIX',
    'What the names of all topics, groups and transactional ids begin with.',
    text,
    'vxt.',
  ),
  partitions: setting('KAFKA_PARTITIONS', 'Partitions of every topic; fixed for life.', wholeNumber(1, 1_000), 12),
  replicationFactor: setting(
    'KAFKA_REPLICATION_FACTOR',
    'Replicas of topics that the service creates.',
    wholeNumber(1, 32),
    1,
  ),
  createTopics: setting(
    'KAFKA_CREATE_TOPICS',
    'Whether to create topics that are missing; if not, a missing topic is an error.',
    flag,
    true,
  ),
} as const;

/** How every service reaches the schema registry. */
export const registrySettings = {
  url: requiredSetting('SCHEMA_REGISTRY_URL', 'Base URL of a Confluent-compatible schema registry.', httpUrl),
  sslCaFile: optionalSetting(
    'SCHEMA_REGISTRY_SSL_CA_FILE',
    'PEM file with the authority that signed the registry’s certificate.',
    text,
  ),
  username: optionalSetting('SCHEMA_REGISTRY_USERNAME', 'User name for the registry.', text),
  password: secretSetting('SCHEMA_REGISTRY_PASSWORD', 'Password for the registry.'),
} as const;

/** What every service listens on and says. */
export const serviceSettings = (ports: Readonly<{ port: number; adminPort: number | null }>) => ({
  logLevel: setting('LOG_LEVEL', 'Least severe level that is logged.', oneOf(...logLevels), 'info'),
  host: setting('HOST', 'Address to listen on; images set 0.0.0.0.', text, '127.0.0.1'),
  port: setting('PORT', 'Port of the service.', port, ports.port),
  ...(ports.adminPort === null
    ? {}
    : { adminPort: setting('ADMIN_PORT', 'Port for health, readiness and metrics.', port, ports.adminPort) }),
});
