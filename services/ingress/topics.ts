import type { UsedTopics } from '../shared/kafka/ensure-topics.ts';

/** The topics of the ingress: it reads back only which schema ids they were written with. */
export const ingressTopics: UsedTopics = {
  reads: ['schemaIds'],
  writes: ['callLogs', 'voicemails', 'unrecognisedWebhooks'],
};
