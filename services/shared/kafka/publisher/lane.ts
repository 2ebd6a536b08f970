import type { Producer } from 'kafkajs';
import { type OutgoingRecord, type PublishOutcome, sizeOf } from './outgoing-record.ts';
import { assertAcknowledged, toBatch } from './to-batch.ts';

/** What a lane tells of its work; counts and durations only. */
export type LaneObserver = Readonly<{
  /** A batch of `records` was acknowledged after `seconds`. */
  sent: (records: number, seconds: number) => void;
  /** Records of a failed batch are sent again on a new producer: they may be in the log twice. */
  resent: (records: number) => void;
  /** The lane discards its producer, because of `error` or (null) before its sequence numbers wrap. */
  renewed: (error: unknown) => void;
}>;

export type LaneOptions = Readonly<{
  /** A new idempotent producer, not connected. Its retries and timeouts must be bounded below the deadline of records. */
  createProducer: () => Producer;
  /** What an error says, in the words of a missing right or setting; it was met while records of these topics were to be sent. */
  explain: (error: unknown, topics: readonly string[]) => unknown;
  now: () => number;
  batchRecords: number;
  batchBytes: number;
  /** How long the broker may wait for its replicas, in milliseconds. */
  ackTimeoutMs: number;
  observer: LaneObserver;
}>;

/** Rule 3: kafkajs wraps the sequence of a partition wrongly at 2^31; a lane's producer ends well before. */
const RECORDS_PER_PRODUCER = 2 ** 30;
/** A record is sent on at most two producers: once more after a failure for good, if its deadline allows. */
const ATTEMPTS = 2;
const SWEEP_MS = 100;
const RECONNECT_MS = 250;

type Item = {
  readonly record: OutgoingRecord;
  readonly bytes: number;
  readonly deadlineMs: number;
  readonly answer: (outcome: PublishOutcome) => void;
  attempts: number;
  settled: boolean;
};

export type Lane = Readonly<{
  /**
   * Sends the record after those given before it, and says what became of it: at its deadline (by `now`) at the latest.
   * At once `unavailable` while no broker takes the lane's connection.
   */
  publish: (record: OutgoingRecord, deadlineMs: number) => Promise<PublishOutcome>;
  /** Whether the lane has a producer that a broker took. */
  isUp: () => boolean;
  /** Resolves once the lane has connected its first producer. */
  connected: Promise<void>;
  /** Lets what was given be sent or expire, then disconnects. */
  close: () => Promise<void>;
}>;

/**
 * One idempotent producer with one `send` in flight (rule 1: two would lose records that were acknowledged), which
 * batches what arrived meanwhile. A producer whose send failed for good is discarded after the send has settled
 * (rule 2). Order is kept: what was given first is in the log first.
 */
export function createLane(options: LaneOptions): Lane {
  const { createProducer, explain, now, batchRecords, batchBytes, ackTimeoutMs, observer } = options;
  let producer: Producer | null = null;
  let sentByProducer = 0;
  let state: 'connecting' | 'up' | 'down' = 'connecting';
  let queue: Item[] = [];
  let inFlight: Item[] = [];
  let running: Promise<void> | null = null;
  let closing = false;
  const connected = Promise.withResolvers<void>();

  /**
   * What Kafka does not take in time is given up whole, in the order in which it was given: were only a part of it, what
   * stays could overtake what is sent again or spooled.
   */
  const giveUp = (): void => {
    const held = [...inFlight, ...queue];
    queue = [];
    for (const item of held) settle(item, 'unavailable');
  };
  const sweep = setInterval(() => {
    const oldest = inFlight.find((item) => !item.settled) ?? queue[0];
    if (oldest !== undefined && now() >= oldest.deadlineMs) giveUp();
  }, SWEEP_MS);
  sweep.unref();

  const takeBatch = (): Item[] => {
    let bytes = 0;
    let count = 0;
    for (const item of queue) {
      if (count === batchRecords || (count > 0 && bytes + item.bytes > batchBytes)) break;
      bytes += item.bytes;
      count += 1;
    }
    return queue.splice(0, count);
  };

  const discard = (error: unknown): void => {
    const old = producer;
    producer = null;
    state = 'connecting';
    observer.renewed(error);
    void old?.disconnect().catch(() => undefined);
  };

  /** Connects a new producer. While no broker takes the connection, nothing waits for one. */
  const connect = async (): Promise<Producer | null> => {
    while (queue.length > 0 || !closing) {
      const candidate = createProducer();
      try {
        await candidate.connect();
        sentByProducer = 0;
        state = 'up';
        connected.resolve();
        return candidate;
      } catch (error) {
        if (state !== 'down') observer.renewed(explain(error, []));
        state = 'down';
        giveUp();
        void candidate.disconnect().catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      }
    }
    return null;
  };

  const sendBatch = async (connected: Producer, batch: readonly Item[]): Promise<void> => {
    const startedMs = now();
    const records = batch.map((item) => item.record);
    const results = await connected.sendBatch(toBatch(records, ackTimeoutMs));
    assertAcknowledged(records, results);
    sentByProducer += batch.length;
    observer.sent(batch.length, (now() - startedMs) / 1000);
  };

  /** After a failure for good: once more on a new producer, if the deadlines allow. */
  const retry = (batch: readonly Item[]): void => {
    queue = [...batch.filter((item) => !item.settled), ...queue];
    const mayRetry = batch.every((item) => !item.settled && item.attempts < ATTEMPTS && now() < item.deadlineMs);
    if (mayRetry) observer.resent(batch.length);
    else giveUp();
  };

  const step = async (): Promise<void> => {
    if (producer !== null && sentByProducer >= RECORDS_PER_PRODUCER) discard(null);
    const current = producer ?? (await connect());
    producer = current;
    if (current === null) return;
    const batch = takeBatch();
    if (batch.length === 0) return;
    inFlight = batch;
    for (const item of batch) item.attempts += 1;
    try {
      await sendBatch(current, batch);
      for (const item of batch) settle(item, 'durable');
    } catch (error) {
      if (isTooLarge(error)) await sendOneByOne(current, batch);
      else {
        inFlight = [];
        discard(explain(error, topicsOf(batch)));
        retry(batch);
      }
    } finally {
      inFlight = [];
    }
  };

  /** A batch with a record over the broker's limit: only the record that is too large is refused. */
  const sendOneByOne = async (connected: Producer, batch: readonly Item[]): Promise<void> => {
    for (const [index, item] of batch.entries()) {
      try {
        await sendBatch(connected, [item]);
        settle(item, 'durable');
      } catch (error) {
        if (isTooLarge(error)) {
          settle(item, 'too-large');
          continue;
        }
        inFlight = [];
        discard(explain(error, topicsOf([item])));
        retry(batch.slice(index));
        return;
      }
    }
  };

  const run = async (): Promise<void> => {
    while (queue.length > 0 || (producer === null && !closing)) await step();
    running = null;
  };
  const wake = (): void => {
    running ??= run();
  };
  wake();

  return {
    publish: (record, deadlineMs) => {
      if (state === 'down') return Promise.resolve('unavailable');
      return new Promise((answer) => {
        queue.push({ record, bytes: sizeOf(record), deadlineMs, answer, attempts: 0, settled: false });
        wake();
      });
    },
    isUp: () => state === 'up',
    connected: connected.promise,
    close: async () => {
      closing = true;
      await running;
      clearInterval(sweep);
      await producer?.disconnect().catch(() => undefined);
    },
  };
}

const topicsOf = (batch: readonly Item[]): readonly string[] => [...new Set(batch.map(({ record }) => record.topic))];

function settle(item: Item, outcome: PublishOutcome): void {
  if (item.settled) return;
  item.settled = true;
  item.answer(outcome);
}

const isTooLarge = (error: unknown): boolean =>
  error instanceof Error &&
  'type' in error &&
  (error.type === 'MESSAGE_TOO_LARGE' || error.type === 'RECORD_LIST_TOO_LARGE');
