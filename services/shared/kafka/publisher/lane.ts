import { keepAnswer } from '../kafkajs-patches/produce/use-own-produce-answers.ts';
import { createLaneConnection } from './lane-connection.ts';
import { createLaneJudge } from './lane-judge.ts';
import type { LaneObserver } from './lane-observer.ts';
import { createLaneQueue, type Item } from './lane-queue.ts';
import { type OutgoingRecord, type PublishOutcome, placeOf } from './outgoing-record.ts';
import { createProducerSlot, type ProducerSlotOptions } from './producer-slot.ts';
import { createRefusedPlaces } from './refused-places.ts';
import { toMessage } from './to-batch.ts';

export type LaneOptions = ProducerSlotOptions &
  Readonly<{
    /** Puts an error of sending to this topic in terms of the missing right or setting. */
    explain: (error: unknown) => unknown;
    /** A monotonic clock, in milliseconds. */
    now: () => number;
    batchRecords: number;
    batchBytes: number;
    observer: LaneObserver;
  }>;

const SWEEP_MS = 100;
const PAUSE_MS = 250;
const CLOSE_WITHIN_MS = 2_000;

export type Lane = Readonly<{
  /**
   * Sends the record after the earlier ones of its place, and resolves to its outcome at `deadlineMs` (on the clock `now`) at the latest. Resolves
   * at once to `unavailable` while no broker takes the lane's connection, and to `refused` while one refuses the place.
   */
  publish: (record: OutgoingRecord, deadlineMs: number) => Promise<PublishOutcome>;
  /** Settles everything of a place that waits, at once. */
  giveUp: (place: string) => void;
  /** Whether a broker took the lane's last connection. */
  isUp: () => boolean;
  /** Resolves once the lane has connected its first producer. */
  connected: Promise<void>;
  /** Sends what was given, for 2 s at most, gives up the rest and disconnects. */
  close: () => Promise<void>;
}>;

/**
 * Publishes records of one topic, so that trouble with a topic delays no other. A lane has one idempotent producer with one request in flight,
 * which batches what arrived meanwhile (shared/kafka/README.md, rules 1 and 14). A producer is never used again after a request of it failed,
 * even in part. The order of each partition is kept: what was given first is in the log first.
 */
export function createLane(options: LaneOptions): Lane {
  const { topic, explain, now, observer } = options;
  const slot = createProducerSlot(options);
  const queue = createLaneQueue(options);
  const refusedPlaces = createRefusedPlaces(now);
  const connection = createLaneConnection(slot, (failure, isFirst) => {
    if (isFirst) observer.renewed(explain(failure));
    queue.giveUp('all', 'unavailable');
  });
  const { judge } = createLaneJudge({ topic, queue, refusedPlaces, explain, now, observer });
  const sweep = setInterval(() => {
    queue.giveUp(queue.latePlaces(now()), 'unavailable');
    refusedPlaces.expire();
  }, SWEEP_MS).unref();
  let running: Promise<void> | null = null;
  let closing = false;

  const renew = (problem: unknown): void => {
    slot.discard();
    observer.renewed(problem === null ? null : explain(problem));
  };
  const sendBatch = async (batch: readonly Item[]): Promise<void> => {
    const again = batch.filter((item) => item.maybeInLog).length;
    if (again > 0) observer.resent(again);
    for (const item of batch) item.attempts += 1;
    const messages = batch.map(({ record }) => keepAnswer(toMessage(record)));
    const startedMs = now();
    const failure = await slot.send(messages);
    const seconds = (now() - startedMs) / 1000;
    const { taken, problem } = judge(batch, messages, failure);
    if (taken > 0) observer.sent(taken, seconds);
    if (problem !== null) renew(problem);
    queue.done();
  };
  const step = async (): Promise<void> => {
    if (slot.isWornOut()) renew(null);
    if (!slot.isConnected()) {
      await connection.connect();
      if (connection.isDown() && !closing) await pause(PAUSE_MS);
      return;
    }
    const batch = queue.takeBatch(now());
    if (batch.length > 0) return sendBatch(batch);
    await pause(Math.max(1, Math.min(PAUSE_MS, (queue.nextMs() ?? 0) - now())));
  };
  const run = async (): Promise<void> => {
    while (!queue.isEmpty() || (!slot.isConnected() && !closing)) await step();
    running = null;
  };
  const wake = (): void => {
    running ??= run();
  };
  wake();

  return {
    publish: (record, deadlineMs) => {
      if (connection.isDown()) return Promise.resolve('unavailable');
      if (refusedPlaces.has(placeOf(record))) return Promise.resolve('refused');
      return new Promise((answer) => {
        queue.add(record, deadlineMs, answer);
        wake();
      });
    },
    giveUp: (place) => queue.giveUp(new Set([place]), 'unavailable'),
    isUp: connection.isUp,
    connected: connection.connected,
    close: async () => {
      closing = true;
      await Promise.race([running, pause(CLOSE_WITHIN_MS)]);
      clearInterval(sweep);
      queue.giveUp('all', 'unavailable');
      await slot.close();
    },
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
