import { type OutgoingRecord, type PublishOutcome, placeOf, sizeOf } from './outgoing-record.ts';

/** A record that waits for its outcome. */
export type Item = {
  readonly record: OutgoingRecord;
  readonly place: string;
  readonly bytes: number;
  readonly deadlineMs: number;
  readonly answer: (outcome: PublishOutcome) => void;
  /** How often it was sent. */
  attempts: number;
  /** It was sent and the outcome is unknown. */
  maybeInLog: boolean;
  /** It was in a batch that was too large, so it is sent without others of its place. */
  alone: boolean;
  settled: boolean;
};

export type LaneQueue = Readonly<{
  add: (record: OutgoingRecord, deadlineMs: number, answer: (outcome: PublishOutcome) => void) => void;
  isEmpty: () => boolean;
  /** Takes the next items, in order, skipping paused places; empty if all that waits is paused. They are in flight until `done`. */
  takeBatch: (nowMs: number) => readonly Item[];
  /** Nothing is in flight any more. Unsettled items of it wait again, before all others. */
  done: () => void;
  /** Takes nothing of this place before `untilMs`. */
  pause: (place: string, untilMs: number) => void;
  /** When the first pause of a waiting place ends; null if no waiting place was paused. */
  nextMs: () => number | null;
  /**
   * Settles every item of these places: `unknown` if it may be in the log, else with `outcome`. Always whole places: if only some items
   * were given up, those that stay could overtake those that are sent again or spooled.
   */
  giveUp: (places: ReadonlySet<string> | 'all', outcome: 'unavailable' | 'refused') => void;
  /** The places that have an unsettled item past its deadline. */
  latePlaces: (nowMs: number) => ReadonlySet<string>;
}>;

/** The records that wait in a lane, in the order in which they were given. */
export function createLaneQueue(limits: Readonly<{ batchRecords: number; batchBytes: number }>): LaneQueue {
  let waiting: Item[] = [];
  let inFlight: readonly Item[] = [];
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
    inFlight = batch;
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
      const again = inFlight.filter((item) => !item.settled);
      inFlight = [];
      if (again.length > 0) waiting = [...again, ...waiting];
    },
    pause: (place, untilMs) => pauses.set(place, untilMs),
    nextMs: () => {
      const ends = waiting.flatMap(({ place }) => pauses.get(place) ?? []);
      return ends.length === 0 ? null : Math.min(...ends);
    },
    giveUp: (places, outcome) => {
      const isGivenUp = ({ place }: Item): boolean => places === 'all' || places.has(place);
      for (const item of inFlight.filter(isGivenUp)) settle(item, outcome === 'refused' ? outcome : 'unknown');
      for (const item of waiting.filter(isGivenUp)) settle(item, item.maybeInLog ? 'unknown' : outcome);
      waiting = waiting.filter((item) => !item.settled);
    },
    latePlaces: (nowMs) =>
      new Set(
        [...inFlight, ...waiting].flatMap((item) => (!item.settled && nowMs >= item.deadlineMs ? [item.place] : [])),
      ),
  };
}

/** Answers an item once; later outcomes are ignored. */
export function settle(item: Item, outcome: PublishOutcome): void {
  if (item.settled) return;
  item.settled = true;
  item.answer(outcome);
}
