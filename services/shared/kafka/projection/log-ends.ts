import type { Admin, Kafka } from 'kafkajs';
import type { Positions } from '../../projection/records.ts';
import { explainAccess } from '../access.ts';
import { withAdmin } from '../with-admin.ts';
import { withLeaders } from '../with-leaders.ts';

/** The part of a partition's log that can be read: from `low` to before `high`, the last stable offset. */
export type LogEnds = Readonly<{ low: number; high: number }>;

/** Of each topic, by partition. */
export type EndsOfTopics = ReadonlyMap<string, ReadonlyMap<number, LogEnds>>;

/** By topic, where this partition ends; a topic whose end was not told is left out. */
export function highsOf(ends: EndsOfTopics, topics: readonly string[], partition: number): Positions {
  const highs = topics.flatMap((topic) => {
    const found = ends.get(topic)?.get(partition);
    return found === undefined ? [] : [[topic, found.high] as const];
  });
  return Object.fromEntries(highs);
}

const GATHER_MS = 10;

/**
 * Asks for the ends of all partitions of these topics; callers within 10 ms share one answer, which is of a time after
 * each of them called.
 */
export function createLogEnds(
  kafka: Kafka,
  brokers: readonly string[],
  topics: readonly string[],
): () => Promise<EndsOfTopics> {
  let gathering: Promise<EndsOfTopics> | null = null;
  return () => {
    gathering ??= new Promise((resolve) => setTimeout(resolve, GATHER_MS)).then(() => {
      gathering = null;
      return withLeaders(() => withAdmin(kafka, brokers, (admin) => fetchEnds(kafka, admin, topics)));
    });
    return gathering;
  };
}

async function fetchEnds(kafka: Kafka, admin: Admin, topics: readonly string[]): Promise<EndsOfTopics> {
  const ends = await Promise.all(
    topics.map(async (topic) => {
      const partitions = await admin.fetchTopicOffsets(topic).catch((error: unknown) => {
        throw explainAccess(kafka, error, { topics: { operation: 'Read', names: [topic] } });
      });
      const byPartition = partitions.map(
        ({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }] as const,
      );
      return [topic, new Map(byPartition)] as const;
    }),
  );
  return new Map(ends);
}
