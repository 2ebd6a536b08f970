import type { SeenIds } from '../shared/call-events/avro-types.generated.ts';

const HOUR_MS = 3_600_000;

type Segment = { generation: number; nextOffset: number; hour: number; readonly newestByInput: Map<string, number> };

/**
 * Which records of seen ids are of no use any more. Records of an hour are one segment, so that 30 days take little. What
 * lies before a record is not younger: where it says so by more than a horizon, a wrong clock dated it, and it would hold
 * back all that follows.
 */
export type SeenLog = Readonly<{
  append: (offset: number, generation: number, inputs: readonly Pick<SeenIds, 'input' | 'newestLogTime'>[]) => void;
  /**
   * The offset below which every record is of an older generation or holds only ids older than `since` of their input
   * (log time in milliseconds), or null when there is none; forgets those.
   */
  takeExpired: (generation: number, since: (input: string) => number) => number | null;
}>;

/** `horizonMs` is how long ids are remembered. */
export function createSeenLog(horizonMs: number): SeenLog {
  let segments: Segment[] = [];
  const capEarlier = (generation: number, input: string, newestMs: number): void => {
    for (const segment of segments) {
      const known = segment.newestByInput.get(input) ?? -Infinity;
      if (segment.generation === generation && known > newestMs + horizonMs) {
        segment.newestByInput.set(input, newestMs);
      }
    }
  };
  /** By input, what its last record said. */
  const lastNewest = new Map<string, number>();
  return {
    append: (offset, generation, inputs) => {
      const newest = Math.max(...inputs.map(({ newestLogTime }) => newestLogTime));
      const hour = Math.floor(newest / HOUR_MS);
      const last = segments.at(-1);
      const open = last !== undefined && last.generation === generation && last.hour === hour;
      const segment: Segment = open ? last : { generation, nextOffset: 0, hour, newestByInput: new Map() };
      if (!open) segments.push(segment);
      segment.nextOffset = offset + 1;
      for (const { input, newestLogTime } of inputs) {
        if (newestLogTime < (lastNewest.get(input) ?? -Infinity)) capEarlier(generation, input, newestLogTime);
        lastNewest.set(input, newestLogTime);
        segment.newestByInput.set(input, Math.max(newestLogTime, segment.newestByInput.get(input) ?? -Infinity));
      }
    },
    takeExpired: (generation, since) => {
      const live = segments.findIndex(
        (segment) =>
          segment.generation >= generation &&
          [...segment.newestByInput].some(([input, newest]) => newest >= since(input)),
      );
      const count = live === -1 ? segments.length : live;
      const last = segments[count - 1];
      if (last === undefined) return null;
      segments = segments.slice(count);
      return last.nextOffset;
    },
  };
}
