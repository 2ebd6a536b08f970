import type { EndsOfTopics } from '../../shared/kafka/topics/log-ends.ts';
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
  /** Records of the inputs that cannot be counted: the live projection has them among its dead letters. */
  leftOut: number;
  hashBefore: string;
  hashAfter: string;
}>;

export type RebuildOptions = Readonly<{
  config: RebuildConfig;
  logger: Logger;
  /** Publish even if some lifetimes become smaller. */
  allowDecrease: boolean;
  /** Only report what would change. */
  dryRun: boolean;
  /** Called with what will change, before anything is published. */
  onPreview: (report: RebuildReport) => void;
  /** Rejects if the preview must not be published. */
  confirm: () => Promise<void>;
  /** Called with the records of the inputs folded in this pass, and their total. */
  onProgress: (folded: number, total: number) => void;
  /** Called with each error that is retried. */
  onFailure: (error: unknown) => void;
}>;

/**
 * Computes the totals again from the log under the configured settings, while the live ones stay in place. It takes one
 * partition at a time, to keep only its rows in memory, and passes over all of them twice: first to report what will change,
 * then to publish each partition in one transaction once it has caught up with what is committed. Unchanged rows are not
 * written, the live table is never empty, and no lifetime becomes smaller unless that is allowed. A call-metrics with the
 * same settings may keep running; one with other settings ends, because the totals are no longer its own.
 *
 * If a log no longer holds everything that was read of it, the totals become those of what it still holds. Resolves to null
 * after a dry run. Throws DecreaseRefusedError, and PartitionsChangedError before anything is published.
 */
export async function rebuild(options: RebuildOptions): Promise<RebuildReport | null> {
  const { config, allowDecrease, onFailure } = options;
  const { partitions } = config.kafka;
  let folded = 0;
  let total = 0;
  const context = await createRebuildContext(options, (records) => {
    folded += records;
    options.onProgress(Math.min(folded, total), total);
  });
  const ends = await context.ends();
  refuseOtherPartitions(ends, partitions);
  total = recordsIn(ends, context.createProjection().inputs);

  const forEachPartition = async (work: (opened: PartitionRebuild, partition: number) => Promise<Comparison>) => {
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

  const preview = await forEachPartition(async ({ preview }) => preview());
  options.onPreview(preview);
  if (options.dryRun) return null;
  if (preview.smaller > 0 && !allowDecrease) throw new DecreaseRefusedError(preview.smaller, preview.leftOut, 0);
  await options.confirm();

  const dedupeMs = config.rules.dedupeDays * DAY_MS;
  const attempts = new Map<number, Attempted>();
  return await forEachPartition(async (opened, partition) => {
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
