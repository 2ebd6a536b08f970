import type { Failure } from './find-redrivable.ts';
import type { RedriveReport } from './redrive.ts';

/** 0: nothing failed. 2: the run came to its end, and something could not be redriven. (1 is a run that did not come to its end.) */
export const exitCodeOf = ({ failed }: RedriveReport): 0 | 2 => (failed.length === 0 ? 0 : 2);

/** What a run did, for people, a line each. It holds nothing of a webhook. */
export function linesOf(report: RedriveReport, dryRun: boolean): readonly string[] {
  const { topic, published, redrivenBefore, unrecognised, failed } = report;
  const events = Object.entries(published);
  return [
    ...events.map(([to, count]) => `${dryRun ? 'would publish' : 'published'} ${count} to ${to}`),
    ...(events.length === 0 ? ['nothing to publish'] : []),
    ...(redrivenBefore > 0 ? [`published by earlier runs: ${redrivenBefore}`] : []),
    ...Object.entries(unrecognised).map(([reason, count]) => `still not recognised (${reason}): ${count}`),
    ...[...byReason(failed)].map(([reason, some]) => `could not be redriven (${reason}): ${some.length}`),
    ...failed.map(({ place, reason }) => `  ${topic}/${place.partition}/${place.offset}: ${reason}`),
  ];
}

const byReason = (failed: readonly Failure[]): ReadonlyMap<string, readonly Failure[]> =>
  Map.groupBy(failed, ({ reason }) => reason);
