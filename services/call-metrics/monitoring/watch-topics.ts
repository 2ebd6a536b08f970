import type { EndsOfTopics } from '../../shared/kafka/topics/log-ends.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { type UnreadPartitions, unreadPartitions, unreadProblem } from './unread-partitions.ts';

/** Detects changes to the topics, while call-metrics runs, with which a start would be refused. */
export type TopicWatch = Readonly<{
  /** The inputs now end at `ends`. */
  observeEnds: (ends: EndsOfTopics) => void;
  checkSettings: () => Promise<void>;
  /** One sentence per problem, which says what to do. */
  problems: () => readonly string[];
  /** Records in partitions that no task reads, by topic; only topics with such partitions. */
  unread: () => ReadonlyMap<string, number>;
  settingsRefused: () => boolean;
}>;

/**
 * `partitions` is the configured number of partitions per input. `findRefusedSettings` returns the problem with the
 * topics' settings, or null.
 */
export function watchTopics(
  inputs: readonly string[],
  partitions: number,
  findRefusedSettings: () => Promise<string | null>,
  logger: Pick<Logger, 'error'>,
): TopicWatch {
  let unread: readonly UnreadPartitions[] = [];
  let refused: string | null = null;
  return {
    observeEnds: (ends) => {
      const found = unreadPartitions(ends, inputs, partitions);
      const places = (list: readonly UnreadPartitions[]) => list.map(({ topic, to }) => `${topic}/${to}`).join();
      if (places(found) !== places(unread)) {
        for (const one of found) logger.error('partitions-unread', { topic: one.topic, problem: unreadProblem(one) });
      }
      unread = found;
    },
    checkSettings: async () => {
      const found = await findRefusedSettings();
      if (found !== null && found !== refused) logger.error('topic-settings-refused', { problem: found });
      refused = found;
    },
    problems: () => [...unread.map(unreadProblem), ...(refused === null ? [] : [refused])],
    unread: () => new Map(unread.map(({ topic, records }) => [topic, records])),
    settingsRefused: () => refused !== null,
  };
}
