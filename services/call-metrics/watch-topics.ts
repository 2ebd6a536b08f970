import type { EndsOfTopics } from '../shared/kafka/projection/log-ends.ts';
import type { Logger } from '../shared/observability/logger.ts';
import { type UnreadPartitions, unreadInWords, unreadPartitions } from './unread-partitions.ts';

/** What is done to the topics while call-metrics runs: a start is refused with the same. */
export type TopicWatch = Readonly<{
  /** The ends of the inputs as they are now. */
  saw: (ends: EndsOfTopics) => void;
  lookAtSettings: () => Promise<void>;
  /** Each as a sentence that says what to do. */
  problems: () => readonly string[];
  /** By topic, records in partitions that nobody counts; only topics that have such partitions. */
  unread: () => ReadonlyMap<string, number>;
  settingsRefused: () => boolean;
}>;

/** `partitions` is how many each input is configured to have; `askSettings` gives what is refused of them, or null. */
export function watchTopics(
  inputs: readonly string[],
  partitions: number,
  askSettings: () => Promise<string | null>,
  logger: Pick<Logger, 'error'>,
): TopicWatch {
  let unread: readonly UnreadPartitions[] = [];
  let refused: string | null = null;
  return {
    saw: (ends) => {
      const found = unreadPartitions(ends, inputs, partitions);
      const places = (list: readonly UnreadPartitions[]) => list.map(({ topic, to }) => `${topic}/${to}`).join();
      if (places(found) !== places(unread)) {
        for (const one of found) logger.error('partitions-unread', { topic: one.topic, problem: unreadInWords(one) });
      }
      unread = found;
    },
    lookAtSettings: async () => {
      const found = await askSettings();
      if (found !== null && found !== refused) logger.error('topic-settings-refused', { problem: found });
      refused = found;
    },
    problems: () => [...unread.map(unreadInWords), ...(refused === null ? [] : [refused])],
    unread: () => new Map(unread.map(({ topic, records }) => [topic, records])),
    settingsRefused: () => refused !== null,
  };
}
