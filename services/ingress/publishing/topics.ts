import type { UsedTopics } from '../../shared/kafka/topics/ensure-topics.ts';

/** The topics of the ingress. It reads only which schema ids the log was written with. */
export const ingressTopics: UsedTopics = {
  reads: ['schemaIds'],
  writes: ['callLogs', 'voicemails', 'unrecognisedWebhooks'],
};

/** How the consumer groups of the ingress begin. */
export const readerGroupPrefix = (topicPrefix: string): string => `${topicPrefix}ingress-`;
