import type { RebuildReport } from './rebuild.ts';

/** What will change, for people, a line each. It names no subject: a key may be a phone number. */
export function previewLines({ keys, changed, smaller, leftOut }: RebuildReport): readonly string[] {
  return [
    `${changed} of ${keys} keys will change`,
    ...(smaller > 0
      ? [`${smaller} lifetimes become smaller under these settings: the counters of these subjects will fall`]
      : []),
    ...(leftOut > 0
      ? [`${leftOut} records of the inputs cannot be counted: call-metrics has them among its dead letters`]
      : []),
  ];
}

/** What was published. The hashes are of all keys and totals, so that two runs can be compared. */
export function resultLines({ partitions, hashBefore, hashAfter }: RebuildReport): readonly string[] {
  return [`${partitions} partitions published`, `totals before ${hashBefore}`, `totals after  ${hashAfter}`];
}
