import type { CallLog, CallMetricsSeen, CallMetricsState, UserCallMetrics, Voicemail } from './avro-types.generated.ts';

/** How a topic is cleaned up: never, by compaction, or by the projection, which deletes the seen ids that are past the horizon. */
export type Cleanup = 'keep' | 'compact' | 'truncated';

/** Everything about a topic that its producers and consumers must agree on. Neither names nor keys ever change. */
export type TopicDefinition = Readonly<{
  /** Its name after `KAFKA_TOPIC_PREFIX`. */
  suffix: string;
  /** What its records are keyed by. Null: they have no key. */
  key: string | null;
  /** The file in schemas/ for its values, without `.avsc`. Null: its values are not Avro. */
  schema: string | null;
  cleanup: Cleanup;
  says: string;
}>;

export const topicDefinitions = {
  callLogs: {
    suffix: 'call-logs',
    key: 'subject',
    schema: 'call-log',
    cleanup: 'keep',
    says: 'Every finished call: Avro CallLog, keyed by subject.',
  },
  voicemails: {
    suffix: 'voicemails',
    key: 'subject',
    schema: 'voicemail',
    cleanup: 'keep',
    says: 'Every voicemail: Avro Voicemail, keyed by subject.',
  },
  unrecognisedWebhooks: {
    suffix: 'unrecognised-webhooks',
    key: null,
    schema: null,
    cleanup: 'keep',
    says: 'Bodies that match no schema, byte for byte; the reason is in the headers.',
  },
  userCallMetrics: {
    suffix: 'user-call-metrics',
    key: 'subject and window',
    schema: 'user-call-metrics',
    cleanup: 'compact',
    says: 'The latest totals: Avro UserCallMetrics, keyed by subject and window.',
  },
  callMetricsState: {
    suffix: 'call-metrics-state',
    key: 'projection task',
    schema: 'call-metrics-state',
    cleanup: 'compact',
    says: 'Position and fingerprint of each projection task.',
  },
  callMetricsSeen: {
    suffix: 'call-metrics-seen',
    key: 'projection task',
    schema: 'call-metrics-seen',
    cleanup: 'truncated',
    says: 'Event ids already counted, one record per commit.',
  },
  deadLetters: {
    suffix: 'dead-letters',
    key: 'key of the original record',
    schema: null,
    cleanup: 'keep',
    says: 'Records the projection could not read, byte for byte.',
  },
  schemaIds: {
    suffix: 'schema-ids',
    key: 'schema subject and id',
    schema: null,
    cleanup: 'compact',
    says: 'Every schema id that records were written with: JSON, with the schema.',
  },
} as const satisfies Readonly<Record<string, TopicDefinition>>;

export type TopicId = keyof typeof topicDefinitions;

/** The record in each value of the topics in Avro. */
export type AvroValues = Readonly<{
  callLogs: CallLog;
  voicemails: Voicemail;
  userCallMetrics: UserCallMetrics;
  callMetricsState: CallMetricsState;
  callMetricsSeen: CallMetricsSeen;
}>;

export type AvroTopicId = keyof AvroValues & TopicId;

/** The schemas of these topics, named as their files in schemas/. */
export type SchemaName = (typeof topicDefinitions)[AvroTopicId]['schema'];

/** Records of every topic carry the broker's time: a producer whose own clock is wrong would otherwise be refused. */
export const TIMESTAMP_TYPE = 'LogAppendTime';

/** The full name of a topic under `KAFKA_TOPIC_PREFIX`. */
export const topicName = (prefix: string, topic: TopicId): string => prefix + topicDefinitions[topic].suffix;

/** The subject in the schema registry under which the schema of a topic's values is registered. */
export const schemaSubject = (prefix: string, topic: AvroTopicId): string => `${topicName(prefix, topic)}-value`;

/** The kinds of event VXT sends today, named as in the webhook's `event` member. */
export const eventKinds = ['callLog', 'voicemail'] as const;

export type EventKind = (typeof eventKinds)[number];

/** The topic each kind of event goes to. */
export const topicOfEvent = { callLog: 'callLogs', voicemail: 'voicemails' } as const satisfies Record<
  EventKind,
  AvroTopicId
>;
