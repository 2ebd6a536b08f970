/** One topic: its name behind the prefix, what cleans it up, and what it is for. The table is design's; names never change. */
export type TopicDefinition = Readonly<{ suffix: string; cleanup: 'keep' | 'compact' | 'truncated'; says: string }>;

export const topicDefinitions = {
  callLogs: { suffix: 'call-logs', cleanup: 'keep', says: 'Every finished call: Avro CallLog, keyed by subject.' },
  voicemails: { suffix: 'voicemails', cleanup: 'keep', says: 'Every voicemail: Avro Voicemail, keyed by subject.' },
  unrecognisedWebhooks: {
    suffix: 'unrecognised-webhooks',
    cleanup: 'keep',
    says: 'Bodies that no schema holds, byte for byte; the reason is in the headers.',
  },
  userCallMetrics: {
    suffix: 'user-call-metrics',
    cleanup: 'compact',
    says: 'The latest totals: Avro UserCallMetrics, keyed by subject and window.',
  },
  callMetricsState: {
    suffix: 'call-metrics-state',
    cleanup: 'compact',
    says: 'Position and fingerprint of each projection task.',
  },
  callMetricsSeen: {
    suffix: 'call-metrics-seen',
    cleanup: 'truncated',
    says: 'Event ids already counted, one record per commit.',
  },
  deadLetters: {
    suffix: 'dead-letters',
    cleanup: 'keep',
    says: 'Records the projection could not read, byte for byte.',
  },
  schemaIds: {
    suffix: 'schema-ids',
    cleanup: 'compact',
    says: 'Every schema id that records were written with: JSON, with the schema.',
  },
} as const satisfies Readonly<Record<string, TopicDefinition>>;

export type TopicId = keyof typeof topicDefinitions;

/** The full name of a topic under `KAFKA_TOPIC_PREFIX`. */
export const topicName = (prefix: string, topic: TopicId): string => prefix + topicDefinitions[topic].suffix;

/** The two kinds of event VXT sends today, by the name in the webhook's `event` member. */
export type EventKind = 'callLog' | 'voicemail';

/** The topic each kind of event goes to. */
export const topicOfEvent = { callLog: 'callLogs', voicemail: 'voicemails' } as const satisfies Record<
  EventKind,
  TopicId
>;
