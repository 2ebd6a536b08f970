import { boundedClient } from '../client/bounded-client.ts';
import type { SeverableKafka } from '../client/connection.ts';
import { explainAccess } from '../refusals/access.ts';
import { createLane, type Lane } from './lane.ts';
import type { LaneObserver } from './lane-observer.ts';
import { type OutgoingRecord, type PublishOutcome, sizeOf } from './outgoing-record.ts';

export type PublisherLimits = Readonly<{
  /** Parallel producers for each topic. The partition selects one, so that the order of a key is kept. */
  lanes: number;
  /** The limits of a batch. Keep the bytes below the topics' max.message.bytes. */
  batchRecords: number;
  batchBytes: number;
  /** The limits of what may wait in all lanes together; records beyond it are refused at once. One record always fits. */
  queueRecords: number;
  queueBytes: number;
  /** How long a record may take, in milliseconds. The timeouts and retries of producers stay below it. */
  deadlineMs: number;
}>;

export type Publisher = Readonly<{
  /** Publishes a record; PublishOutcome says what each outcome guarantees. Never rejects, and always resolves by the deadline. */
  publish: (record: OutgoingRecord) => Promise<PublishOutcome>;
  /** As `publish`, in order, for records that were accepted earlier. The caller bounds them, so the queue's limits do not apply. */
  publishAll: (records: readonly OutgoingRecord[]) => Promise<readonly PublishOutcome[]>;
  /** Settles everything of a place that waits, at once: `unavailable`, or `unknown` if it was sent. */
  giveUp: (place: string) => void;
  /** The records and bytes that wait for an acknowledgement, and whether every lane is up. */
  state: () => Readonly<{ records: number; bytes: number; up: boolean }>;
  /** Whether every lane of a topic is up. */
  isUp: (topic: string) => boolean;
  /** Resolves once every lane has connected for the first time. */
  connected: () => Promise<void>;
  /** Sends what was accepted, for at most 2 s, then disconnects. */
  close: () => Promise<void>;
}>;

/**
 * Publishes to `topics`, and to any other topic that a record names. `createClient` must use `boundedClient(limits.deadlineMs)`. `now` is a
 * monotonic clock in milliseconds.
 */
export function createPublisher(
  createClient: () => SeverableKafka,
  topics: readonly string[],
  limits: PublisherLimits,
  observer: LaneObserver,
  now: () => number = () => performance.now(),
): Publisher {
  const { deadlineMs, batchRecords, batchBytes } = limits;
  const explaining = createClient().kafka;
  const createLanes = (topic: string): readonly Lane[] =>
    Array.from({ length: limits.lanes }, () =>
      createLane({
        createClient,
        topic,
        explain: (error) => explainAccess(explaining, error, { topics: { operation: 'Write', names: [topic] } }),
        now,
        batchRecords,
        batchBytes,
        ackTimeoutMs: boundedClient(deadlineMs).requestTimeout,
        connectWithinMs: deadlineMs / 2,
        sendWithinMs: (deadlineMs * 3) / 4,
        observer,
      }),
    );
  const lanesOf = new Map(topics.map((topic) => [topic, createLanes(topic)]));
  const allLanes = (): readonly Lane[] => [...lanesOf.values()].flat();
  const laneOf = ({ topic, partition }: OutgoingRecord): Lane => {
    const lanes = lanesOf.get(topic) ?? createLanes(topic);
    lanesOf.set(topic, lanes);
    const lane = lanes[partition % lanes.length];
    if (lane === undefined) throw new Error(`No lane for partition ${partition}`);
    return lane;
  };
  let records = 0;
  let bytes = 0;

  const enqueue = async (record: OutgoingRecord): Promise<PublishOutcome> => {
    const size = sizeOf(record);
    records += 1;
    bytes += size;
    try {
      return await laneOf(record).publish(record, now() + deadlineMs);
    } finally {
      records -= 1;
      bytes -= size;
    }
  };

  return {
    publish: async (record) => {
      const full = records + 1 > limits.queueRecords || bytes + sizeOf(record) > limits.queueBytes;
      return full && records > 0 ? 'overloaded' : enqueue(record);
    },
    publishAll: (all) => Promise.all(all.map(enqueue)),
    giveUp: (place) => {
      for (const lane of allLanes()) lane.giveUp(place);
    },
    state: () => ({ records, bytes, up: allLanes().every((lane) => lane.isUp()) }),
    isUp: (topic) => lanesOf.get(topic)?.every((lane) => lane.isUp()) ?? true,
    connected: async () => {
      await Promise.all(allLanes().map((lane) => lane.connected));
    },
    close: async () => {
      await Promise.all(allLanes().map((lane) => lane.close()));
    },
  };
}
