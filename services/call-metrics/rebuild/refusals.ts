import { REPARTITION } from '../call-metrics-projection.ts';
import { partitionsOf } from '../settings-fingerprint.ts';

/** The totals would become smaller, and nobody said that they may. Nothing more is published. */
export class DecreaseRefusedError extends Error {
  override readonly name = 'DecreaseRefusedError';
  readonly retriable = false;

  /** `published` is the number of partitions that were published before. */
  constructor(lifetimes: number, leftOut: number, published: number) {
    const records =
      leftOut === 0 ? '' : ` ${leftOut} records of the inputs cannot be counted (they would be dead letters).`;
    super(
      `${lifetimes} lifetimes would become smaller, and the counters of these subjects fall.${records} ${published === 0 ? 'Nothing was' : `Only the first ${published} partitions were`} published. ` +
        'If this is what you want, run it again with --allow-decrease',
    );
  }
}

/** The inputs, or what was made of them, have another number of partitions than is configured. Nothing was changed. */
export class PartitionsChangedError extends Error {
  override readonly name = 'PartitionsChangedError';
  readonly retriable = false;

  constructor(found: string, configured: number) {
    super(
      `KAFKA_PARTITIONS is ${configured}, but ${found}. Nothing was changed: with another number of partitions the events of a subject lie in two of them, ` +
        `and so would its totals. Copy the events to topics of another prefix with \`${REPARTITION}\` (README.md, "More partitions")`,
    );
  }
}

/** Throws PartitionsChangedError where totals of this fingerprint were made of topics with another number of partitions. */
export function refuseOtherPartitionsThan(partitions: number, fingerprint: string): void {
  const before = partitionsOf(fingerprint);
  if (before === null || before === partitions) return;
  throw new PartitionsChangedError(`the totals were made of topics with ${before}`, partitions);
}
