import type { Message } from 'kafkajs';
import { answerTo } from '../kafkajs-patches/produce/use-own-produce-answers.ts';
import { brokerErrorType } from '../refusals/access.ts';
import type { LaneObserver } from './lane-observer.ts';
import { type Item, type LaneQueue, settle } from './lane-queue.ts';
import { NotTakenError, type Verdict, verdictOf, verdictUnsent } from './produce-verdict.ts';
import type { RefusedPlaces } from './refused-places.ts';

/** A record whose outcome stays unknown is sent on at most this many producers. */
const MAX_ATTEMPTS = 2;
/** A topic that the broker does not know may have been created a moment ago. */
const MAX_ATTEMPTS_WITHOUT_TOPIC = 3;
const FIRST_PAUSE_MS = 250;
/** Each attempt takes a new producer, whose id the brokers remember for a day. */
const MAX_PAUSE_MS = 4_000;

/** Decides what becomes of a batch after its request. */
export type LaneJudge = Readonly<{
  /**
   * Settles the items of `batch`, or leaves them to be sent again. `messages` are those that were sent for them, in the same order, and
   * `failure` is what the send threw, or null. Returns how many were taken, and what went wrong with the others.
   */
  judge: (batch: readonly Item[], messages: readonly Message[], failure: unknown) => Judgement;
}>;

/** A producer must not be used again after a `problem`: some of its sequence numbers may not be the broker's. */
export type Judgement = Readonly<{ taken: number; problem: unknown }>;

type Options = Readonly<{
  topic: string;
  queue: Pick<LaneQueue, 'pause' | 'giveUp'>;
  refusedPlaces: Pick<RefusedPlaces, 'add'>;
  explain: (error: unknown) => unknown;
  now: () => number;
  observer: Pick<LaneObserver, 'refused'>;
}>;

export function createLaneJudge({ topic, queue, refusedPlaces, explain, now, observer }: Options): LaneJudge {
  const refuse = ({ place, record: { partition } }: Item, errorType: string, failure: unknown): void => {
    const error = failure ?? new NotTakenError(place, errorType);
    refusedPlaces.add(place);
    observer.refused({ topic, partition, errorType, error: explain(error) });
    queue.giveUp(new Set([place]), 'refused');
  };
  const judgePlace = (items: readonly Item[], verdict: Verdict, errorType: string | null, failure: unknown): void => {
    const [first] = items;
    if (first === undefined) return;
    switch (verdict) {
      case 'taken':
        for (const item of items) settle(item, 'durable');
        return;
      case 'not-yet':
        if (errorType === 'UNKNOWN_TOPIC_OR_PARTITION' && first.attempts >= MAX_ATTEMPTS_WITHOUT_TOPIC)
          refuse(first, errorType, failure);
        else queue.pause(first.place, now() + Math.min(FIRST_PAUSE_MS * 2 ** (first.attempts - 1), MAX_PAUSE_MS));
        return;
      case 'unknown':
        for (const item of items) item.maybeInLog = true;
        if (first.attempts >= MAX_ATTEMPTS) queue.giveUp(new Set([first.place]), 'unavailable');
        return;
      case 'too-large':
        if (items.length === 1) settle(first, 'too-large');
        else for (const item of items) item.alone = true;
        return;
      case 'refused':
        refuse(first, errorType ?? '', failure);
    }
  };

  return {
    judge: (batch, messages, failure) => {
      let taken = 0;
      let problem = failure;
      for (const [, indexes] of Map.groupBy(batch.keys(), (index) => batch[index]?.place)) {
        const items = indexes.flatMap((index) => batch[index] ?? []);
        const answer = answerTo(messages[indexes[0] ?? 0] ?? { value: null });
        const errorType = answer === 'NOT_SENT' ? (brokerErrorType(failure) ?? answer) : answer;
        const verdict = answer === 'NOT_SENT' ? verdictUnsent(errorType) : verdictOf(errorType);
        judgePlace(items, verdict, errorType, failure);
        if (verdict === 'taken') taken += items.length;
        else problem ??= new NotTakenError(items[0]?.place ?? topic, errorType);
      }
      return { taken, problem };
    },
  };
}
