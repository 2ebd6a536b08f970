import type { Positions, SourceRecord } from '../../shared/projection/records.ts';
import type { CallMetricsProjection } from '../projection/call-metrics-projection.ts';
import type { PartitionView } from '../projection/committed-view.ts';

/** How many records are folded before they are moved to the compact view. */
const CHUNK_RECORDS = 5_000;

/** One partition folded from its beginning into a view of its own, which takes as much memory as the live projection's. */
export type Replay = Readonly<{
  /** Folds records of one input, in order. It may be called for both inputs at once. */
  fold: (records: readonly SourceRecord[]) => Promise<void>;
  /** Moves everything folded to the view, with a state that says it was read up to these positions. */
  settle: (positions: Positions) => Promise<void>;
  view: PartitionView;
  /** Starts to collect the encoded records of counted ids for `takeSeen`. */
  collectSeen: () => void;
  /** The records collected since `collectSeen` or the last call. */
  takeSeen: () => readonly Buffer[];
  /** How many records could not be counted. */
  leftOut: () => number;
}>;

/**
 * Nothing must have been read back into `projection`: its view becomes the new generation. `ends` are the ends of the
 * input partitions.
 */
export function createReplay(projection: CallMetricsProjection, partition: number, ends: Positions): Replay {
  const { topics } = projection;
  const { fold } = projection.open(partition, ends);
  const positions: Record<string, number> = {};
  let collected: Buffer[] | null = null;
  let folded = 0;
  let written = 0;
  let leftOut = 0;
  let queue: Promise<void> = Promise.resolve();

  const settle = async (): Promise<void> => {
    folded = 0;
    const { records, markCommitted } = fold.takeTransaction(positions);
    for (const { topic, value } of records) {
      if (topic === topics.deadLetters) leftOut += 1;
      if (topic === topics.seen && value !== null) collected?.push(value);
    }
    await projection.readBack(
      records.map(({ topic, key, value }) => {
        written += 1;
        return { topic, partition, offset: written, key: key?.toString() ?? '', value };
      }),
    );
    markCommitted();
  };
  /** Runs one piece of work after another: both inputs share one fold. */
  const enqueue = (work: () => Promise<void>): Promise<void> => {
    queue = queue.then(work);
    return queue;
  };

  return {
    fold: (records) =>
      enqueue(async () => {
        await projection.prepare(records);
        for (const record of records) {
          fold.apply(record);
          positions[record.topic] = record.offset + 1;
          folded += 1;
          if (folded >= CHUNK_RECORDS) await settle();
        }
      }),
    settle: (reached) =>
      enqueue(async () => {
        Object.assign(positions, reached);
        await settle();
      }),
    view: projection.view.partition(partition),
    collectSeen: () => {
      collected = [];
    },
    takeSeen: () => {
      const taken = collected ?? [];
      collected = [];
      return taken;
    },
    leftOut: () => leftOut,
  };
}
