import type { TopicId } from '../shared/call-events/topics.ts';

/** The topics the ingress writes. */
export const ingressTopics: readonly TopicId[] = ['callLogs', 'voicemails', 'unrecognisedWebhooks'];
