import { batchOf, encodeBatch, recordOf } from '../fetch-answer.ts';
import type { InputRecord } from '../produce-events.ts';
import { type BatchCodec, batchCodecs } from './codecs.ts';

/** One batch of records for a partition of a topic. */
export type PlacedBatch = Readonly<{ topic: string; partition: number; bytes: Buffer }>;

/** Records that count, a batch for each partition, compressed in another way each time: `turn` chooses it. */
export function goodBatches(records: readonly InputRecord[], turn: number): readonly PlacedBatch[] {
  const { name: _name, ...how } = batchCodecs[turn % batchCodecs.length] as BatchCodec;
  return [...Map.groupBy(records, ({ topic, partition }) => `${topic}/${partition}`).values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const bytes = encodeBatch(
      batchOf(
        some.map(({ key, value }) => recordOf({ key: Buffer.from(key), value })),
        how,
      ),
    );
    return [{ topic: first.topic, partition: first.partition, bytes }];
  });
}
