import { fence, TransactionLostError } from '../../shared/kafka/transactions/transactional-writer.ts';
import type { TargetRecord } from '../../shared/projection/records.ts';
import type { Comparison } from './compare-tables.ts';
import { generationRecords } from './generation-records.ts';
import type { PartitionRebuild } from './partition-rebuild.ts';
import type { RebuildContext } from './rebuild-context.ts';
import { DecreaseRefusedError } from './refusals.ts';

/** The live task waits this long for the transaction that fenced it to end (await-open-transaction.ts). */
const TRANSACTION_TIMEOUT_MS = 60_000;

/** A publication whose outcome is unknown: it was committed if the state has this generation. */
export type Attempted = Readonly<{ generation: number; result: Comparison }>;

/**
 * Fences the live task once, folds what it had committed until then, and makes the rebuilt partition the live one in a
 * single transaction. The seen ids are written first: they have no effect until the state names their generation, and they
 * show the live task that a transaction is in progress. Rejects with TransactionLostError if the outcome is unknown, after
 * passing to `onUnknown` what to look for.
 */
export async function publishPartition(
  { live, replay, catchUpToEnd, smallerSince, result }: PartitionRebuild,
  { kafka, codecs, createProjection, transactionalIdPrefix }: RebuildContext,
  { partition, allowDecrease, dedupeMs }: Readonly<{ partition: number; allowDecrease: boolean; dedupeMs: number }>,
  onUnknown: (publication: Attempted) => void,
): Promise<Comparison> {
  const before = live.state()?.generation ?? 0;
  const generation = before + 1;
  const records = generationRecords(partition, generation, live, replay.view, createProjection(), codecs, dedupeMs);
  const parts = async function* (): AsyncGenerator<readonly TargetRecord[]> {
    replay.collectSeen();
    yield* records.seenIds();
    await catchUpToEnd();
    if ((live.state()?.generation ?? 0) !== before)
      throw new Error(`Partition ${partition} was rebuilt by somebody else in the meantime: start again`);
    const smaller = allowDecrease ? 0 : smallerSince();
    if (smaller > 0) throw new DecreaseRefusedError(smaller, replay.leftOut(), partition);
    yield* records.totals(replay.takeSeen());
  };

  const writer = await fence(kafka, `${transactionalIdPrefix}${partition}`, partition, TRANSACTION_TIMEOUT_MS);
  try {
    await writer.commitParts(parts());
  } catch (error) {
    if (error instanceof TransactionLostError) onUnknown({ generation, result: result() });
    throw error;
  } finally {
    await writer.discard();
  }
  return result();
}
