import type { UsedTopics } from '../shared/kafka/ensure-topics.ts';

/** The topics the ingress writes. */
export const ingressTopics: UsedTopics = { reads: [], writes: ['callLogs', 'voicemails', 'unrecognisedWebhooks'] };
