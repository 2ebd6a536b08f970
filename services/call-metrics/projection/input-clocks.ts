import type { CallMetricsState } from '../../shared/call-events/avro-types.generated.ts';
import type { EventKind } from '../../shared/call-events/topics.ts';
import type { Positions } from '../../shared/projection/records.ts';
import { advance, advanceIdle, type LogClock, UNSET_CLOCK } from '../domain/log-clock.ts';

/** The clock of each input. */
export type Clocks = ReadonlyMap<EventKind, LogClock>;

/** The log clocks of one task's inputs: each advances by its own records, and that of an idle input by the others. */
export type InputClocks = Readonly<{
  current: () => Clocks;
  /** The input's clock after its record at this offset: see `advance` in log-clock.ts. */
  advance: (topic: string, offset: number, recordMs: number | null, eventMs: number | null) => LogClock;
  /** The inputs now end at `ends`. */
  observeEnds: (ends: Positions) => void;
  /** The clocks once the inputs have been read to `positions`: those at the last observed end follow the others. */
  at: (positions: Positions) => Clocks;
  /** Replaces the current clocks. */
  set: (clocks: Clocks) => void;
}>;

/**
 * `topics` are the topics of the inputs with their kinds; `ends` is where they ended when the task started; `state` is
 * null if nothing is committed.
 */
export function createInputClocks(
  topics: readonly (readonly [string, EventKind])[],
  state: CallMetricsState | null,
  ends: Positions,
): InputClocks {
  const inputs = new Map(topics);
  let clocks = new Map<EventKind, LogClock>(
    topics.map(([, kind]) => {
      const progress = state?.inputs.find(({ input }) => input === kind);
      return [kind, { timeMs: progress?.logTime?.long ?? null, aheadSinceMs: progress?.aheadSince?.long ?? null }];
    }),
  );
  let lastEnds = ends;
  /** The clocks after the records before the last observed ends. No record appended later is older. */
  let clocksAtEnds = new Map(clocks);

  return {
    current: () => clocks,
    advance: (topic, offset, recordMs, eventMs) => {
      const kind = inputs.get(topic);
      if (kind === undefined) throw new Error(`${topic} is not an input`);
      const clock = advance(clocks.get(kind) ?? UNSET_CLOCK, recordMs, eventMs);
      clocks.set(kind, clock);
      if (offset < (lastEnds[topic] ?? 0)) clocksAtEnds.set(kind, clock);
      return clock;
    },
    observeEnds: (found) => {
      lastEnds = found;
      clocksAtEnds = new Map(clocks);
    },
    at: (positions) => {
      const result = new Map(clocks);
      for (const [topic, kind] of topics) {
        if ((positions[topic] ?? 0) < (lastEnds[topic] ?? Infinity)) continue;
        const others = [...clocksAtEnds].flatMap(([other, { timeMs }]) =>
          other === kind || timeMs === null ? [] : [timeMs],
        );
        const othersMs = others.length === 0 ? null : Math.max(...others);
        result.set(kind, advanceIdle(clocks.get(kind) ?? UNSET_CLOCK, othersMs));
      }
      return result;
    },
    set: (next) => {
      clocks = new Map(next);
    },
  };
}
