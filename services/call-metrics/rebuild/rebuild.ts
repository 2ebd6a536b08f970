import type { EndsOfTopics } from '../../shared/kafka/projection/log-ends.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { type Comparison, hashOfAll } from './compare-tables.ts';
import { openPartition, type PartitionRebuild } from './partition-rebuild.ts';
import { type Attempted, publishPartition } from './publish-partition.ts';
import { createRebuildContext, type RebuildConfig } from './rebuild-context.ts';
import { DecreaseRefusedError, PartitionsChangedError } from './refusals.ts';
import { retrying } from './retrying.ts';

const DAY_MS = 86_400_000;

export type RebuildReport = Readonly<{
  partitions: number;
  keys: number;
  changed: number;
  smaller: number;
  /** Records of the inputs that cannot be counted, which the live projection has among its dead letters. */
  leftOut: number;
  hashBefore: string;
  hashAfter: string;
}>;

export type RebuildOptions = Readonly<{
  config: RebuildConfig;
  logger: Logger;
  /** Publish though some lifetimes become smaller. */
  allowDecrease: boolean;
  /** Only tell what will change. */
  dryRun: boolean;
  /** Told what will change, before anything of it is published. */
  preview: (report: RebuildReport) => void;
  /** Throws where the preview is not to be published. */
  agree: () => Promise<void>;
  /** Records folded of those in the inputs, in this pass over them. */
  progress: (folded: number, total: number) => void;
  /** Something failed that may pass, and is tried again. */
  onFailure: (error: unknown) => void;
}>;

/**
 * Makes the totals again from the log under the configured settings, beside the live ones: a partition at a time, so that it holds the rows of one, and twice: to
 * tell what will change, then to publish each partition in one transaction once it has reached what is committed. What is not changed is not written; the live
 * table is never empty, and no lifetime becomes smaller unless that is allowed. A call-metrics with the same settings may run meanwhile and goes on; one with
 * others ends, as its settings are not those of the totals any more. Resolves to null after a dry run.
 *
 * Where a log no longer holds what was read of it, the totals become those of what it still holds. Throws DecreaseRefusedError and PartitionsChangedError before
 * anything is published.
 */
export async function rebuild(options: RebuildOptions): Promise<RebuildReport | null> {
  const { config, allowDecrease, onFailure } = options;
  const { partitions } = config.kafka;
  let folded = 0;
  let total = 0;
  const context = await createRebuildContext(options, (records) => {
    folded += records;
    options.progress(Math.min(folded, total), total);
  });
  const ends = await context.ends();
  refuseOtherPartitions(ends, partitions);
  total = recordsIn(ends, context.project().inputs);

  const overAll = async (work: (opened: PartitionRebuild, partition: number) => Promise<Comparison>) => {
    folded = 0;
    const comparisons: Comparison[] = [];
    let leftOut = 0;
    for (let partition = 0; partition < partitions; partition += 1) {
      const foldedBefore = folded;
      await retrying(async () => {
        folded = foldedBefore;
        const opened = await openPartition(context, partition);
        try {
          await opened.catchUp();
          comparisons[partition] = await work(opened, partition);
          leftOut += opened.replay.leftOut();
        } finally {
          await opened.stop();
        }
      }, onFailure);
    }
    return reportOf(comparisons, leftOut);
  };

  const preview = await overAll(async ({ preview }) => preview());
  options.preview(preview);
  if (options.dryRun) return null;
  if (preview.smaller > 0 && !allowDecrease) throw new DecreaseRefusedError(preview.smaller, preview.leftOut, 0);
  await options.agree();

  const dedupeMs = config.rules.dedupeDays * DAY_MS;
  const attempts = new Map<number, Attempted>();
  return await overAll(async (opened, partition) => {
    const attempted = attempts.get(partition);
    if (attempted !== undefined && opened.live.state()?.generation === attempted.generation) return attempted.result;
    const found = opened.preview();
    // Nothing was ever counted here.
    if (opened.live.state() === null) return found;
    if (found.smaller > 0 && !allowDecrease)
      throw new DecreaseRefusedError(found.smaller, opened.replay.leftOut(), partition);
    return publishPartition(opened, context, { partition, allowDecrease, dedupeMs }, (publication) =>
      attempts.set(partition, publication),
    );
  });
}

function refuseOtherPartitions(ends: EndsOfTopics, partitions: number): void {
  const wrong = [...ends].filter(([, found]) => found.size !== partitions);
  if (wrong.length === 0) return;
  throw new PartitionsChangedError(wrong.map(([topic, { size }]) => `${topic} has ${size}`).join(', '), partitions);
}

function recordsIn(ends: EndsOfTopics, topics: readonly string[]): number {
  return topics
    .flatMap((topic) => [...(ends.get(topic)?.values() ?? [])])
    .reduce((sum, { low, high }) => sum + high - low, 0);
}

function reportOf(comparisons: readonly Comparison[], leftOut: number): RebuildReport {
  const sum = (field: 'keys' | 'changed' | 'smaller') => comparisons.reduce((total, one) => total + one[field], 0);
  return {
    partitions: comparisons.length,
    keys: sum('keys'),
    changed: sum('changed'),
    smaller: sum('smaller'),
    leftOut,
    hashBefore: hashOfAll(comparisons.map(({ hashBefore }) => hashBefore)),
    hashAfter: hashOfAll(comparisons.map(({ hashAfter }) => hashAfter)),
  };
}
