import type { Admin, Kafka } from 'kafkajs';
import type { Positions } from '../../projection/records.ts';
import { withAdmin } from '../client/with-admin.ts';
import { withLeaders } from '../client/with-leaders.ts';
import { explainAccess } from '../refusals/access.ts';

/**
 * The readable part of a partition's log: `low` is its first offset, `high` the offset after its last. For a client made by `readUncommitted`,
 * `high` is the high watermark; otherwise it is the last stable offset, which open transactions hold back (shared/kafka/README.md, rule 8).
 */
export type LogEnds = Readonly<{ low: number; high: number }>;

export type PartitionEnds = LogEnds & Readonly<{ topic: string; partition: number }>;

/** By topic, then by partition. */
export type EndsOfTopics = ReadonlyMap<string, ReadonlyMap<number, LogEnds>>;

/** The `high` of this partition by topic. A topic without known ends is left out. */
export function highsOf(ends: EndsOfTopics, topics: readonly string[], partition: number): Positions {
  const highs = topics.flatMap((topic) => {
    const found = ends.get(topic)?.get(partition);
    return found === undefined ? [] : [[topic, found.high] as const];
  });
  return Object.fromEntries(highs);
}

const GATHER_MS = 10;

/**
 * For callers that need the ends now and then: a connection per request, retried while leaders move. Callers within 10 ms share one
 * response, which is newer than each of their calls. Throws KafkaUnreachableError and KafkaAccessError.
 */
export function createLogEnds(
  kafka: Kafka,
  brokers: readonly string[],
  topics: readonly string[],
): () => Promise<EndsOfTopics> {
  const fetchOf = async (admin: Admin, topic: string) => {
    const ends = await fetchEndsOf(admin, topic).catch((error: unknown) => {
      throw explainAccess(kafka, error, { topics: { operation: 'Read', names: [topic] } });
    });
    return [topic, new Map(ends.map(({ partition, low, high }) => [partition, { low, high }]))] as const;
  };
  const fetchAll = (): Promise<EndsOfTopics> =>
    withLeaders(() =>
      withAdmin(
        kafka,
        brokers,
        async (admin) => new Map(await Promise.all(topics.map((topic) => fetchOf(admin, topic)))),
      ),
    );
  let gathering: Promise<EndsOfTopics> | null = null;
  return () => {
    gathering ??= new Promise((resolve) => setTimeout(resolve, GATHER_MS)).then(() => {
      gathering = null;
      return fetchAll();
    });
    return gathering;
  };
}

/** For callers that poll: one connection, opened by the first request and kept while responses arrive. Errors are thrown unchanged. */
export type LogEndsConnection = Readonly<{
  fetchEnds: () => Promise<readonly PartitionEnds[]>;
  /** The first offset whose log time is `ms` (Unix time in milliseconds) or later; the end of the log where there is none. */
  fetchOffsetsSince: (ms: number) => Promise<readonly Readonly<{ topic: string; partition: number; offset: number }>[]>;
  close: () => Promise<void>;
}>;

/**
 * An error closes the connection and the next request opens a new one. Otherwise kafkajs would remember for 5 minutes who led a partition and ask
 * that broker again and again, although it leads it no more.
 */
export function createLogEndsConnection(kafka: Kafka, topics: readonly string[]): LogEndsConnection {
  const admin = kafka.admin();
  let closed = false;
  const disconnect = (): Promise<void> => admin.disconnect().catch(() => undefined);
  const ofAll = async <T>(fetchOf: (topic: string) => Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      await admin.connect();
      return (await Promise.all(topics.map(fetchOf))).flat();
    } catch (error) {
      await disconnect();
      throw error;
    } finally {
      if (closed) await disconnect();
    }
  };
  return {
    fetchEnds: () => ofAll((topic) => fetchEndsOf(admin, topic)),
    fetchOffsetsSince: (ms) =>
      ofAll(async (topic) =>
        (await admin.fetchTopicOffsetsByTimestamp(topic, ms)).map(({ partition, offset }) => ({
          topic,
          partition,
          offset: Number(offset),
        })),
      ),
    close: async () => {
      closed = true;
      await disconnect();
    },
  };
}

async function fetchEndsOf(admin: Admin, topic: string): Promise<readonly PartitionEnds[]> {
  const partitions = await admin.fetchTopicOffsets(topic);
  return partitions.map(({ partition, low, high }) => ({ topic, partition, low: Number(low), high: Number(high) }));
}
