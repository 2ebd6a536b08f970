import type { ScanReport } from './scan-ids.ts';
import { MOST_IDS, MOST_PLACES } from './shared-ids.ts';

/** 0: every id counts once. 2: the log was read, and some count more often. (1 is a run that did not come to its end.) */
export const exitCodeOf = ({ shared }: ScanReport): 0 | 2 => (shared.length === 0 ? 0 : 2);

/** What was found, for people, a line each: ids and places in the log, and nothing else of an event. */
export function linesOf({ records, uncounted, shared }: ScanReport): readonly string[] {
  const atLeast = (count: number, most: number): string => (count < most ? String(count) : `at least ${count}`);
  return [
    ...shared.map(({ input, id, places }) => {
      const listed = places.map(({ topic, partition, offset }) => `${topic}/${partition}/${offset}`);
      return `${input} ${JSON.stringify(id)} counts ${atLeast(places.length, MOST_PLACES)} times: ${listed.join(' ')}`;
    }),
    ...(uncounted > 0 ? [`left out, as call-metrics does not count them: ${uncounted} records`] : []),
    `${atLeast(shared.length, MOST_IDS)} ids count for more than one user or number, in ${records} offsets`,
  ];
}
