import { REPARTITION } from '../projection/remedies.ts';
import { partitionsOf } from '../projection/settings-fingerprint.ts';

/** Totals would become smaller, and that was not allowed. Nothing further is published. */
export class DecreaseRefusedError extends Error {
  override readonly name = 'DecreaseRefusedError';
  readonly retriable = false;

  /** `published` is the number of partitions already published. */
  constructor(lifetimes: number, leftOut: number, published: number) {
    const records =
      leftOut === 0 ? '' : ` ${leftOut} records of the inputs cannot be counted (they would be dead letters).`;
    super(
      `${lifetimes} lifetimes would become smaller, and the counters of these subjects would fall.${records} ${published === 0 ? 'Nothing was' : `Only the first ${published} partitions were`} published. ` +
        'If that is what you want, run it again with --allow-decrease',
    );
  }
}

/** The inputs, or the totals computed from them, have another number of partitions than configured. Nothing was changed. */
export class PartitionsChangedError extends Error {
  override readonly name = 'PartitionsChangedError';
  readonly retriable = false;

  constructor(found: string, configured: number) {
    super(
      `KAFKA_PARTITIONS is ${configured}, but ${found}. Nothing was changed: with another number of partitions, the events of a subject would be split between two of them, ` +
        `and so would its totals. Copy the events to topics with another prefix with \`${REPARTITION}\` (README.md, "More partitions")`,
    );
  }
}

/** Throws PartitionsChangedError if totals with this fingerprint were computed from topics with another number of partitions. */
export function refuseOtherPartitionsThan(partitions: number, fingerprint: string): void {
  const before = partitionsOf(fingerprint);
  if (before === null || before === partitions) return;
  throw new PartitionsChangedError(`the totals were computed from topics with ${before}`, partitions);
}
