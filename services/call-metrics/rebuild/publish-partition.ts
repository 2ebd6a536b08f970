import { fence, TransactionLostError } from '../../shared/kafka/projection/transactional-writer.ts';
import type { TargetRecord } from '../../shared/projection/records.ts';
import type { Comparison } from './compare-tables.ts';
import { generationRecords } from './generation-records.ts';
import type { PartitionRebuild } from './partition-rebuild.ts';
import type { RebuildContext } from './rebuild-context.ts';
import { DecreaseRefusedError } from './refusals.ts';

/** The live task lets a transaction that fenced it end, for as long (await-open-transaction.ts). */
const TRANSACTION_TIMEOUT_MS = 60_000;

/** A publication of which nobody knows whether it was committed: the state says so by its generation. */
export type Attempted = Readonly<{ generation: number; result: Comparison }>;

/**
 * Fences the live task once, folds what it had still committed, and makes the partition the live one in one transaction. The seen ids are written first: they
 * count for nothing before the state names their generation, and show the live task that a transaction is under way. Rejects with TransactionLostError when
 * nobody knows whether it is committed; then `attempted` is told what to look for.
 */
export async function publishPartition(
  { live, replay, catchUpToEnd, smallerSince, result }: PartitionRebuild,
  { kafka, codecs, project, transactionalIdPrefix }: RebuildContext,
  { partition, allowDecrease, dedupeMs }: Readonly<{ partition: number; allowDecrease: boolean; dedupeMs: number }>,
  attempted: (publication: Attempted) => void,
): Promise<Comparison> {
  const before = live.state()?.generation ?? 0;
  const generation = before + 1;
  const records = generationRecords(partition, generation, live, replay.view, project(), codecs, dedupeMs);
  const parts = async function* (): AsyncGenerator<readonly TargetRecord[]> {
    replay.noteSeen();
    yield* records.seenIds();
    await catchUpToEnd();
    if ((live.state()?.generation ?? 0) !== before)
      throw new Error(`Partition ${partition} was rebuilt by somebody else meanwhile: start again`);
    const smaller = allowDecrease ? 0 : smallerSince();
    if (smaller > 0) throw new DecreaseRefusedError(smaller, replay.leftOut(), partition);
    yield* records.totals(replay.takeSeen());
  };

  const writer = await fence(kafka, `${transactionalIdPrefix}${partition}`, partition, TRANSACTION_TIMEOUT_MS);
  try {
    await writer.commitParts(parts());
  } catch (error) {
    if (error instanceof TransactionLostError) attempted({ generation, result: result() });
    throw error;
  } finally {
    await writer.discard();
  }
  return result();
}
