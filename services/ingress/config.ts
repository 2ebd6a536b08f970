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
      'Comma-separated bearer tokens that VXT may send: the current one and the next.',
    ),
    tokensFile: optionalSetting(
      'VXT_WEBHOOK_TOKENS_FILE',
      'File with one token per line, reread on change; takes precedence over the list.',
      text,
    ),
    bodyLimitBytes: setting(
      'WEBHOOK_BODY_LIMIT',
      'Maximum size of a decompressed body, in bytes.',
      wholeNumber(KIB, 3 * MIB),
      MIB,
    ),
    receiveTimeoutMs: setting(
      'WEBHOOK_RECEIVE_TIMEOUT_MS',
      'How long a sender may take to send a request, in milliseconds.',
      wholeNumber(100, 300_000),
      15_000,
    ),
    authFailuresPerMinute: setting(
      'WEBHOOK_AUTH_FAILURES_PER_MINUTE',
      'Invalid tokens per minute from one address before it is answered 429.',
      wholeNumber(1, 100_000),
      30,
    ),
  },
  publish: {
    deadlineMs: setting(
      'PUBLISH_DEADLINE_MS',
      'How long Kafka and the disk together may take before the sender is answered 503, in milliseconds.',
      wholeNumber(500, 15_000),
      8_000,
    ),
    lanes: setting('PUBLISH_LANES', 'Parallel producers, each with one request in flight.', wholeNumber(1, 64), 1),
    batchRecords: setting('PUBLISH_BATCH_RECORDS', 'Maximum records in a batch.', wholeNumber(1, 10_000), 500),
    batchBytes: setting('PUBLISH_BATCH_BYTES', 'Maximum bytes in a batch.', wholeNumber(KIB, 3 * MIB), 512 * KIB),
    queueRecords: setting(
      'PUBLISH_QUEUE_RECORDS',
      'Maximum webhooks waiting for Kafka; more are answered 503 immediately.',
      wholeNumber(1, 1_000_000),
      10_000,
    ),
    queueBytes: setting(
      'PUBLISH_QUEUE_BYTES',
      'Maximum bytes waiting for Kafka.',
      wholeNumber(64 * KIB, 1024 * MIB),
      64 * MIB,
    ),
  },
  spool: {
    directory: optionalSetting(
      'SPOOL_DIRECTORY',
      'Folder where webhooks are stored while Kafka is unavailable; unset means they are answered 503.',
      text,
    ),
    maxBytes: setting(
      'SPOOL_MAX_BYTES',
      'Maximum disk space for waiting webhooks, in bytes per worker.',
      wholeNumber(MIB, 2 ** 40),
      1024 * MIB,
    ),
  },
} as const;

export type IngressConfig = ReturnType<typeof readIngressConfig>;

/** How much larger than its body a record may be: key, headers, and fields that are stored twice. */
const RECORD_OVERHEAD_BYTES = 64 * KIB;

/** Reads the settings. Throws SettingsError, which names every problem, including settings that contradict each other. */
export function readIngressConfig(environment: Environment) {
  const config = readSettingGroups(ingressSettings, environment);
  const { webhook, publish, spool } = config;
  const minBytes = webhook.bodyLimitBytes + RECORD_OVERHEAD_BYTES;
  const tooSmall = `hold less than one webhook: with WEBHOOK_BODY_LIMIT at ${webhook.bodyLimitBytes} it must be ${minBytes} or more`;
  const problems = [
    ...(publish.queueBytes < minBytes ? [`PUBLISH_QUEUE_BYTES "${publish.queueBytes}" would ${tooSmall}`] : []),
    ...(spool.directory !== null && spool.maxBytes < 2 * minBytes
      ? [
          `SPOOL_MAX_BYTES "${spool.maxBytes}" is too little for a webhook at WEBHOOK_BODY_LIMIT: it must be ${2 * minBytes} or more`,
        ]
      : []),
  ];
  if (problems.length > 0) throw new SettingsError(problems);
  return config;
}
