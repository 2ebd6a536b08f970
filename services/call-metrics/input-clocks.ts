import type { CallMetricsState } from '../shared/call-events/avro-types.generated.ts';
import type { EventKind } from '../shared/call-events/topics.ts';
import type { Positions } from '../shared/projection/records.ts';
import { advance, carryAlong, type LogClock, STOPPED_CLOCK } from './domain/log-clock.ts';

/** The clock of each input. */
export type Clocks = ReadonlyMap<EventKind, LogClock>;

/** The log clocks of one task's inputs: each moves by its own records, and one whose input brings nothing by the others'. */
export type InputClocks = Readonly<{
  clocks: () => Clocks;
  /** The input's clock after its record at this offset: see `advance`. */
  advance: (topic: string, offset: number, recordMs: number | null, eventMs: number | null) => LogClock;
  /** The inputs end here now. */
  saw: (ends: Positions) => void;
  /** The clocks where the inputs were read to `positions`: those at the end that was seen last are carried along. */
  carriedTo: (positions: Positions) => Clocks;
  /** Goes on with these. */
  set: (clocks: Clocks) => void;
}>;

/** `topics` are the inputs' topics with their kinds, `ends` where these ended when the task began; null: nothing is committed. */
export function createInputClocks(
  topics: readonly (readonly [string, EventKind])[],
  committed: CallMetricsState | null,
  ends: Positions,
): InputClocks {
  const inputs = new Map(topics);
  let clocks = new Map<EventKind, LogClock>(
    topics.map(([, kind]) => {
      const progress = committed?.inputs.find(({ input }) => input === kind);
      return [kind, { timeMs: progress?.logTime?.long ?? null, aheadSinceMs: progress?.aheadSince?.long ?? null }];
    }),
  );
  let seenEnds = ends;
  /** The clocks as of the records before the ends that were seen last: what is appended behind these is not older. */
  let clocksAtEnds = new Map(clocks);

  return {
    clocks: () => clocks,
    advance: (topic, offset, recordMs, eventMs) => {
      const kind = inputs.get(topic);
      if (kind === undefined) throw new Error(`${topic} is not an input`);
      const clock = advance(clocks.get(kind) ?? STOPPED_CLOCK, recordMs, eventMs);
      clocks.set(kind, clock);
      if (offset < (seenEnds[topic] ?? 0)) clocksAtEnds.set(kind, clock);
      return clock;
    },
    saw: (found) => {
      seenEnds = found;
      clocksAtEnds = new Map(clocks);
    },
    carriedTo: (positions) => {
      const carried = new Map(clocks);
      for (const [topic, kind] of topics) {
        if ((positions[topic] ?? 0) < (seenEnds[topic] ?? Infinity)) continue;
        const others = [...clocksAtEnds].flatMap(([other, { timeMs }]) =>
          other === kind || timeMs === null ? [] : [timeMs],
        );
        const othersMs = others.length === 0 ? null : Math.max(...others);
        carried.set(kind, carryAlong(clocks.get(kind) ?? STOPPED_CLOCK, othersMs));
      }
      return carried;
    },
    set: (next) => {
      clocks = new Map(next);
    },
  };
}
