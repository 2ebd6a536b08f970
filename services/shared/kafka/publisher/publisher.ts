import { explainAccess } from '../access.ts';
import type { SeverableKafka } from '../connection.ts';
import { boundedClient } from './bounded-client.ts';
import { createLane, type Lane, type LaneObserver } from './lane.ts';
import { type OutgoingRecord, type PublishOutcome, sizeOf } from './outgoing-record.ts';

export type PublisherLimits = Readonly<{
  /** Producers side by side for each topic; the partition chooses one, so that the order of a key is kept. */
  lanes: number;
  /** The most a batch holds. Keep the bytes below the topics' max.message.bytes. */
  batchRecords: number;
  batchBytes: number;
  /** The most that may wait, over all lanes: beyond it records are refused at once. One record always fits. */
  queueRecords: number;
  queueBytes: number;
  /** How long a record may take, in milliseconds. Timeouts and retries of a producer are bounded below it. */
  deadlineMs: number;
}>;

export type Publisher = Readonly<{
  /** Gives a record to Kafka; see PublishOutcome for what each answer guarantees. Never throws, always answers by the deadline. */
  publish: (record: OutgoingRecord) => Promise<PublishOutcome>;
  /** The same for records that were accepted before, in their order: they are bounded by who gives them, so the queue's limits are not theirs. */
  publishAll: (records: readonly OutgoingRecord[]) => Promise<readonly PublishOutcome[]>;
  /** Answers at once for everything of a place that waits: `unavailable`, or `unknown` for what was sent. */
  giveUp: (place: string) => void;
  /** Records and bytes that wait for an acknowledgement, and whether every lane has a broker that answers. */
  state: () => Readonly<{ records: number; bytes: number; up: boolean }>;
  /** Whether the lanes of a topic have a broker that answers. */
  isUp: (topic: string) => boolean;
  /** Resolves once every lane has connected for the first time. */
  connected: () => Promise<void>;
  /** Sends what was accepted, for 2 s at most, then disconnects. */
  close: () => Promise<void>;
}>;

/**
 * Publishes to `topics`, and to any other that a record names. `createClient` makes clients with `boundedClient(limits.deadlineMs)`; `now` is a monotonic
 * clock in milliseconds.
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

  const give = async (record: OutgoingRecord): Promise<PublishOutcome> => {
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
      return full && records > 0 ? 'overloaded' : give(record);
    },
    publishAll: (all) => Promise.all(all.map(give)),
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
