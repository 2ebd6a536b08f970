import type { Kafka } from 'kafkajs';
import { explainAccess } from '../access.ts';
import { createLane, type LaneObserver } from './lane.ts';
import { type OutgoingRecord, type PublishOutcome, sizeOf } from './outgoing-record.ts';

export type PublisherLimits = Readonly<{
  /** Producers side by side; the partition chooses one, so that the order of a key is kept. */
  lanes: number;
  /** The most a batch holds. Keep the bytes below the topics' max.message.bytes. */
  batchRecords: number;
  batchBytes: number;
  /** The most that may wait, over all lanes: beyond it records are refused at once. */
  queueRecords: number;
  queueBytes: number;
  /** How long a record may take, in milliseconds. Timeouts and retries of a producer are bounded below it. */
  deadlineMs: number;
}>;

export type Publisher = Readonly<{
  /** Gives a record to Kafka; see PublishOutcome for what each answer guarantees. Never throws, always answers by the deadline. */
  publish: (record: OutgoingRecord) => Promise<PublishOutcome>;
  /** Records and bytes that wait for an acknowledgement, and whether every lane has a broker that answers. */
  state: () => Readonly<{ records: number; bytes: number; up: boolean }>;
  /** Resolves once every lane has connected for the first time. */
  connected: () => Promise<void>;
  /** Sends what was accepted (each record until its deadline), then disconnects. */
  close: () => Promise<void>;
}>;

/** The settings of a Kafka client whose every send settles before `deadlineMs`: two attempts, a reconnect and a look-up of metadata fit. */
export function boundedClient(deadlineMs: number) {
  const requestTimeout = Math.floor(deadlineMs / 4);
  const connectionTimeout = Math.floor(deadlineMs / 8);
  const retry = { retries: 1, initialRetryTime: 50, maxRetryTime: 200 };
  return {
    requestTimeout,
    connectionTimeout,
    authenticationTimeout: connectionTimeout,
    enforceRequestTimeout: true,
    retry,
  };
}

/** `kafka` must have been created with `boundedClient(limits.deadlineMs)`. */
export function createPublisher(
  kafka: Kafka,
  limits: PublisherLimits,
  observer: LaneObserver,
  now = Date.now,
): Publisher {
  const lanes = Array.from({ length: limits.lanes }, () =>
    createLane({
      createProducer: () => kafka.producer({ idempotent: true, retry: boundedClient(limits.deadlineMs).retry }),
      explain: (error, topics) => explainAccess(kafka, error, { topics: { operation: 'Write', names: topics } }),
      now,
      batchRecords: limits.batchRecords,
      batchBytes: limits.batchBytes,
      ackTimeoutMs: boundedClient(limits.deadlineMs).requestTimeout,
      observer,
    }),
  );
  let records = 0;
  let bytes = 0;

  return {
    publish: async (record) => {
      const size = sizeOf(record);
      if (records + 1 > limits.queueRecords || bytes + size > limits.queueBytes) return 'overloaded';
      const lane = lanes[record.partition % lanes.length];
      if (lane === undefined) throw new Error(`No lane for partition ${record.partition}`);
      records += 1;
      bytes += size;
      try {
        return await lane.publish(record, now() + limits.deadlineMs);
      } finally {
        records -= 1;
        bytes -= size;
      }
    },
    state: () => ({ records, bytes, up: lanes.every((lane) => lane.isUp()) }),
    connected: async () => {
      await Promise.all(lanes.map((lane) => lane.connected));
    },
    close: async () => {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}
