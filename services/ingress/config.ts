import { kafkaSettings, registrySettings, serviceSettings } from '../shared/config/common-settings.ts';
import {
  type Environment,
  optionalSetting,
  readSettingGroups,
  SettingsError,
  secretSetting,
  setting,
} from '../shared/config/settings.ts';
import { text, wholeNumber } from '../shared/config/types.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Every setting of the ingress. */
export const ingressSettings = {
  kafka: kafkaSettings,
  registry: registrySettings,
  service: {
    ...serviceSettings({ port: 8080, adminPort: 9101 }),
    workers: setting('INGRESS_WORKERS', 'Processes on this machine that share the port.', wholeNumber(1, 64), 1),
  },
  webhook: {
    tokens: secretSetting(
      'VXT_WEBHOOK_TOKENS',
      'Comma list of bearer tokens that VXT may send: the current and the next.',
    ),
    tokensFile: optionalSetting(
      'VXT_WEBHOOK_TOKENS_FILE',
      'File with one token a line, read again on change; wins over the list.',
      text,
    ),
    bodyLimitBytes: setting('WEBHOOK_BODY_LIMIT', 'Most bytes of a body, inflated.', wholeNumber(KIB, 3 * MIB), MIB),
    receiveTimeoutMs: setting(
      'WEBHOOK_RECEIVE_TIMEOUT_MS',
      'How long a sender may take to send a request.',
      wholeNumber(100, 300_000),
      15_000,
    ),
    authFailuresPerMinute: setting(
      'WEBHOOK_AUTH_FAILURES_PER_MINUTE',
      'Wrong tokens an address may send before it is answered 429.',
      wholeNumber(1, 100_000),
      30,
    ),
  },
  publish: {
    deadlineMs: setting(
      'PUBLISH_DEADLINE_MS',
      'How long Kafka and the disk together may take before the sender is answered 503.',
      wholeNumber(500, 15_000),
      8_000,
    ),
    lanes: setting('PUBLISH_LANES', 'Producers side by side, each with one request in flight.', wholeNumber(1, 64), 1),
    batchRecords: setting('PUBLISH_BATCH_RECORDS', 'Most records of a batch.', wholeNumber(1, 10_000), 500),
    batchBytes: setting('PUBLISH_BATCH_BYTES', 'Most bytes of a batch.', wholeNumber(KIB, 3 * MIB), 512 * KIB),
    queueRecords: setting(
      'PUBLISH_QUEUE_RECORDS',
      'Most webhooks that wait for Kafka; more are answered 503 at once.',
      wholeNumber(1, 1_000_000),
      10_000,
    ),
    queueBytes: setting(
      'PUBLISH_QUEUE_BYTES',
      'Most bytes that wait for Kafka.',
      wholeNumber(64 * KIB, 1024 * MIB),
      64 * MIB,
    ),
  },
  spool: {
    directory: optionalSetting(
      'SPOOL_DIRECTORY',
      'Folder where webhooks wait on disk while Kafka is away; unset means they are answered 503.',
      text,
    ),
    maxBytes: setting(
      'SPOOL_MAX_BYTES',
      'Most bytes of webhooks that wait on disk, per worker.',
      wholeNumber(MIB, 2 ** 40),
      1024 * MIB,
    ),
  },
} as const;

export type IngressConfig = ReturnType<typeof readIngressConfig>;

/** A record is its body as Avro, with its key, its headers and what the payload says twice. */
const RECORD_OVERHEAD_BYTES = 64 * KIB;

/** Reads the settings. Throws SettingsError that names every problem, one that lies between settings too. */
export function readIngressConfig(environment: Environment) {
  const config = readSettingGroups(ingressSettings, environment);
  const { webhook, publish, spool } = config;
  const least = webhook.bodyLimitBytes + RECORD_OVERHEAD_BYTES;
  const needs = `hold less than one webhook: with WEBHOOK_BODY_LIMIT at ${webhook.bodyLimitBytes} it must be ${least} or more`;
  const problems = [
    ...(publish.queueBytes < least ? [`PUBLISH_QUEUE_BYTES "${publish.queueBytes}" would ${needs}`] : []),
    ...(spool.directory !== null && spool.maxBytes < 2 * least
      ? [
          `SPOOL_MAX_BYTES "${spool.maxBytes}" is too little for a webhook at WEBHOOK_BODY_LIMIT: it must be ${2 * least} or more`,
        ]
      : []),
  ];
  if (problems.length > 0) throw new SettingsError(problems);
  return config;
}
