import { type OutgoingRecord, type PublishOutcome, placeOf, sizeOf } from './outgoing-record.ts';

/** A record that waits for its answer. */
export type Item = {
  readonly record: OutgoingRecord;
  readonly place: string;
  readonly bytes: number;
  readonly deadlineMs: number;
  readonly answer: (outcome: PublishOutcome) => void;
  /** How often it was sent. */
  attempts: number;
  /** It was sent, and nobody knows whether it is in the log. */
  maybeInLog: boolean;
  /** It was in a batch that was too large: it is sent without others of its place. */
  alone: boolean;
  settled: boolean;
};

export type LaneQueue = Readonly<{
  add: (record: OutgoingRecord, deadlineMs: number, answer: (outcome: PublishOutcome) => void) => void;
  isEmpty: () => boolean;
  /** Takes what is sent next, in order, but nothing of a place that is paused: empty where all that waits is. It is under way until `done`. */
  takeBatch: (nowMs: number) => readonly Item[];
  /** What was under way is not any more; what of it is not settled waits again, before all others. */
  done: () => void;
  /** Nothing of this place is taken before `untilMs`. */
  pause: (place: string, untilMs: number) => void;
  /** When the first pause ends; null where nothing that waits is paused. */
  nextMs: () => number | null;
  /**
   * Answers for everything of the places that has no answer yet: were only a part of a place given up, what stays could overtake what is sent again or spooled.
   * What may be in the log is `unknown`.
   */
  giveUp: (places: ReadonlySet<string> | 'all', outcome: 'unavailable' | 'refused') => void;
  /** The places of which a record is past its deadline. */
  late: (nowMs: number) => ReadonlySet<string>;
}>;

/** What waits in a lane, in the order in which it was given. */
export function createLaneQueue(limits: Readonly<{ batchRecords: number; batchBytes: number }>): LaneQueue {
  let waiting: Item[] = [];
  let underWay: readonly Item[] = [];
  const pauses = new Map<string, number>();

  const takeBatch = (nowMs: number): readonly Item[] => {
    const batch: Item[] = [];
    const left: Item[] = [];
    const skipped = new Set<string>();
    const solo = new Set<string>();
    let bytes = 0;
    let index = 0;
    for (; index < waiting.length; index += 1) {
      const item = waiting[index];
      if (item === undefined) break;
      if (batch.length === limits.batchRecords) break;
      if (batch.length > 0 && bytes + item.bytes > limits.batchBytes) break;
      const paused = (pauses.get(item.place) ?? 0) > nowMs;
      const crowded = solo.has(item.place) || (item.alone && batch.some(({ place }) => place === item.place));
      if (paused || crowded || skipped.has(item.place)) {
        skipped.add(item.place);
        left.push(item);
        continue;
      }
      if (item.alone) solo.add(item.place);
      batch.push(item);
      bytes += item.bytes;
    }
    waiting = left.length === 0 ? waiting.slice(index) : [...left, ...waiting.slice(index)];
    underWay = batch;
    return batch;
  };

  return {
    add: (record, deadlineMs, answer) => {
      const item = { record, place: placeOf(record), bytes: sizeOf(record), deadlineMs, answer };
      waiting.push({ ...item, attempts: 0, maybeInLog: false, alone: false, settled: false });
    },
    isEmpty: () => waiting.length === 0,
    takeBatch,
    done: () => {
      const again = underWay.filter((item) => !item.settled);
      underWay = [];
      if (again.length > 0) waiting = [...again, ...waiting];
    },
    pause: (place, untilMs) => pauses.set(place, untilMs),
    nextMs: () => {
      const ends = waiting.flatMap(({ place }) => pauses.get(place) ?? []);
      return ends.length === 0 ? null : Math.min(...ends);
    },
    giveUp: (places, outcome) => {
      const meant = ({ place }: Item): boolean => places === 'all' || places.has(place);
      for (const item of underWay.filter(meant)) settle(item, outcome === 'refused' ? outcome : 'unknown');
      for (const item of waiting.filter(meant)) settle(item, item.maybeInLog ? 'unknown' : outcome);
      waiting = waiting.filter((item) => !item.settled);
    },
    late: (nowMs) =>
      new Set(
        [...underWay, ...waiting].flatMap((item) => (!item.settled && nowMs >= item.deadlineMs ? [item.place] : [])),
      ),
  };
}

/** Answers once. */
export function settle(item: Item, outcome: PublishOutcome): void {
  if (item.settled) return;
  item.settled = true;
  item.answer(outcome);
}
