import { brokerErrorType } from '../access.ts';
import { answerTo, keepAnswer } from '../produce/use-own-produce-answers.ts';
import { createLaneQueue, type Item, settle } from './lane-queue.ts';
import { type OutgoingRecord, type PublishOutcome, placeOf } from './outgoing-record.ts';
import { NotTakenError, type Verdict, verdictOf, verdictUnsent } from './produce-verdict.ts';
import { createProducerSlot, type ProducerSlotOptions } from './producer-slot.ts';
import { toMessage } from './to-batch.ts';

/** What a lane tells of its work; counts, durations, and the places and errors of Kafka only. */
export type LaneObserver = Readonly<{
  /** Of a request, `records` were acknowledged after `seconds`. */
  sent: (records: number, seconds: number) => void;
  /** Records that may be in the log are sent again on a new producer: they may be there twice. */
  resent: (records: number) => void;
  /** The lane discards its producer, because of `error` or (null) before its sequence numbers wrap. */
  renewed: (error: unknown) => void;
  /** The broker refuses records of a place by Kafka's name of the error, for `error`'s reason. */
  refused: (refusal: Readonly<{ topic: string; partition: number; errorType: string; error: unknown }>) => void;
}>;

export type LaneOptions = ProducerSlotOptions &
  Readonly<{
    /** What an error says, in the words of a missing right or setting; it was met while records of this topic were to be sent. */
    explain: (error: unknown) => unknown;
    /** A monotonic clock, in milliseconds. */
    now: () => number;
    batchRecords: number;
    batchBytes: number;
    observer: LaneObserver;
  }>;

/** A record whose answers are lost is sent on at most two producers. */
const ATTEMPTS = 2;
/** A topic that is not there is waited for this often: it may be one that was created a moment ago. */
const ATTEMPTS_WITHOUT_TOPIC = 3;
const SWEEP_MS = 100;
const PAUSE_MS = 250;
/** Each attempt takes a new producer, of which brokers remember the id for a day. */
const LONGEST_PAUSE_MS = 4_000;
/** For so long a refusal answers for what comes after it, so that a revoked right costs one request a second and not one each webhook. */
const REFUSAL_MS = 1_000;
const CLOSE_WITHIN_MS = 2_000;

export type Lane = Readonly<{
  /**
   * Sends the record after those given before it for its place, and says what became of it: at its deadline (by `now`) at the latest.
   * At once `unavailable` while no broker takes the lane's connection, `refused` while one refuses its place.
   */
  publish: (record: OutgoingRecord, deadlineMs: number) => Promise<PublishOutcome>;
  /** Answers at once for everything of a place that waits. */
  giveUp: (place: string) => void;
  /** Whether a broker took the lane's last connection. */
  isUp: () => boolean;
  /** Resolves once the lane has connected its first producer. */
  connected: Promise<void>;
  /** Lets what was given be sent, for 2 s at most, then disconnects: what is left is given up. */
  close: () => Promise<void>;
}>;

/**
 * The records of one topic (of some of its partitions), so that what happens to a topic holds up no other. One idempotent producer with one request in flight,
 * which batches what arrived meanwhile: with two, kafkajs loses records that were acknowledged. A producer of which a request failed, or was refused in part, is
 * never used again, as its sequence numbers are not those of the broker any more. Order is kept for each partition: what was given first is in the log first.
 */
export function createLane(options: LaneOptions): Lane {
  const { topic, explain, now, observer } = options;
  const slot = createProducerSlot(options);
  const queue = createLaneQueue(options);
  const refusedUntil = new Map<string, number>();
  const connected = Promise.withResolvers<void>();
  let isDown = false;
  let wasConnected = false;
  let running: Promise<void> | null = null;
  let closing = false;

  const sweep = setInterval(() => {
    queue.giveUp(queue.late(now()), 'unavailable');
    // Only here, so that of records which are given together all are refused or none.
    for (const [place, untilMs] of refusedUntil) if (now() >= untilMs) refusedUntil.delete(place);
  }, SWEEP_MS);
  sweep.unref();

  /** One attempt. While no broker takes the connection, nothing waits for one. */
  const connect = async (): Promise<void> => {
    const failure = await slot.connect();
    if (failure === null) {
      isDown = false;
      wasConnected = true;
      connected.resolve();
      return;
    }
    if (!isDown) observer.renewed(explain(failure));
    isDown = true;
    queue.giveUp('all', 'unavailable');
    if (!closing) await pause(PAUSE_MS);
  };

  const refuse = (item: Item, errorType: string, error: unknown): void => {
    refusedUntil.set(item.place, now() + REFUSAL_MS);
    observer.refused({ topic, partition: item.record.partition, errorType, error: explain(error) });
    queue.giveUp(new Set([item.place]), 'refused');
  };

  /** What the records of one place become after a request. */
  const judge = (items: readonly Item[], verdict: Verdict, errorType: string | null, failure: unknown): Verdict => {
    const [first] = items;
    if (first === undefined) return verdict;
    switch (verdict) {
      case 'taken':
        for (const item of items) settle(item, 'durable');
        return verdict;
      case 'not-yet':
        if (errorType === 'UNKNOWN_TOPIC_OR_PARTITION' && first.attempts >= ATTEMPTS_WITHOUT_TOPIC)
          refuse(first, errorType, failure ?? new NotTakenError(first.place, errorType));
        else queue.pause(first.place, now() + Math.min(PAUSE_MS * 2 ** (first.attempts - 1), LONGEST_PAUSE_MS));
        return verdict;
      case 'unknown':
        for (const item of items) item.maybeInLog = true;
        if (first.attempts >= ATTEMPTS) queue.giveUp(new Set([first.place]), 'unavailable');
        return verdict;
      case 'too-large':
        if (items.length === 1) settle(first, 'too-large');
        else for (const item of items) item.alone = true;
        return verdict;
      case 'refused':
        refuse(first, errorType ?? '', failure ?? new NotTakenError(first.place, errorType));
        return verdict;
    }
  };

  const sendBatch = async (batch: readonly Item[]): Promise<void> => {
    const again = batch.filter((item) => item.maybeInLog).length;
    if (again > 0) observer.resent(again);
    for (const item of batch) item.attempts += 1;
    const messages = batch.map(({ record }) => keepAnswer(toMessage(record)));
    const startedMs = now();
    const failure = await slot.send(messages);
    const seconds = (now() - startedMs) / 1000;
    let taken = 0;
    let problem: unknown = failure;
    for (const [, indexes] of Map.groupBy(batch.keys(), (index) => batch[index]?.place)) {
      const items = indexes.flatMap((index) => batch[index] ?? []);
      const answer = answerTo(messages[indexes[0] ?? 0] ?? { value: null });
      const errorType = answer === 'NOT_SENT' ? (brokerErrorType(failure) ?? answer) : answer;
      const verdict = answer === 'NOT_SENT' ? verdictUnsent(errorType) : verdictOf(errorType);
      if (judge(items, verdict, errorType, failure) === 'taken') taken += items.length;
      else problem ??= new NotTakenError(items[0]?.place ?? topic, errorType);
    }
    if (taken > 0) observer.sent(taken, seconds);
    if (problem !== null) {
      slot.discard();
      observer.renewed(explain(problem));
    }
    queue.done();
  };

  const step = async (): Promise<void> => {
    if (slot.isWornOut()) {
      slot.discard();
      observer.renewed(null);
    }
    if (!slot.isConnected()) return connect();
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
      if (isDown) return Promise.resolve('unavailable');
      if (refusedUntil.has(placeOf(record))) return Promise.resolve('refused');
      return new Promise((answer) => {
        queue.add(record, deadlineMs, answer);
        wake();
      });
    },
    giveUp: (place) => queue.giveUp(new Set([place]), 'unavailable'),
    // A producer that is being replaced is no outage.
    isUp: () => wasConnected && !isDown,
    connected: connected.promise,
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
