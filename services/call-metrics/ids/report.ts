import type { ScanReport } from './scan-ids.ts';
import { MAX_LISTED_IDS, MAX_LISTED_PLACES } from './shared-ids.ts';

/** 0: every id counts once. 2: some count more than once. (1 stands for a run that failed.) */
export const exitCodeOf = ({ shared }: ScanReport): 0 | 2 => (shared.length === 0 ? 0 : 2);

/** What was found, one line per id: ids and places in the log, and nothing else of an event. */
export function linesOf({ records, uncounted, shared }: ScanReport): readonly string[] {
  const atLeast = (count: number, max: number): string => (count < max ? String(count) : `at least ${count}`);
  return [
    ...shared.map(({ input, id, places }) => {
      const listed = places.map(({ topic, partition, offset }) => `${topic}/${partition}/${offset}`);
      return `${input} ${JSON.stringify(id)} counts ${atLeast(places.length, MAX_LISTED_PLACES)} times: ${listed.join(' ')}`;
    }),
    ...(uncounted > 0 ? [`left out, as call-metrics does not count them: ${uncounted} records`] : []),
    `${atLeast(shared.length, MAX_LISTED_IDS)} ids count for more than one user or number, in ${records} offsets`,
  ];
}
