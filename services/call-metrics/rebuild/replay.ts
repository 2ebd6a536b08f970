import type { Positions, SourceRecord } from '../../shared/projection/records.ts';
import type { CallMetricsProjection } from '../call-metrics-projection.ts';
import type { PartitionView } from '../committed-view.ts';

/** Records folded before they are put into the compact view. */
const CHUNK_RECORDS = 5_000;

/** One partition folded from zero into a view of its own. It holds what the live projection would hold of it, and no record. */
export type Replay = Readonly<{
  /** Folds records of one input, in order. Two inputs may be folded at the same time. */
  fold: (records: readonly SourceRecord[]) => Promise<void>;
  /** Puts all that was folded into the view, with the state that says it was read up to these positions. */
  settle: (positions: Positions) => Promise<void>;
  view: PartitionView;
  /** From now on `takeSeen` gives the encoded records of the ids that are counted. */
  noteSeen: () => void;
  takeSeen: () => readonly Buffer[];
  /** How many records could not be counted. */
  leftOut: () => number;
}>;

/**
 * `projection` is one that nothing was read back into: its view becomes the new generation. `ends` are those of the input
 * partitions, by topic.
 */
export function createReplay(projection: CallMetricsProjection, partition: number, ends: Positions): Replay {
  const { topics } = projection;
  const { fold } = projection.open(partition, ends);
  const positions: Record<string, number> = {};
  let noted: Buffer[] | null = null;
  let folded = 0;
  let written = 0;
  let leftOut = 0;
  let working: Promise<void> = Promise.resolve();

  const settle = async (): Promise<void> => {
    folded = 0;
    const { records, committed } = fold.takeTransaction(positions);
    for (const { topic, value } of records) {
      if (topic === topics.deadLetters) leftOut += 1;
      if (topic === topics.seen && value !== null) noted?.push(value);
    }
    await projection.readBack(
      records.map(({ topic, key, value }) => {
        written += 1;
        return { topic, partition, offset: written, key: key?.toString() ?? '', value };
      }),
    );
    committed();
  };
  /** One at a time, as both inputs go into one fold. */
  const next = (work: () => Promise<void>): Promise<void> => {
    working = working.then(work);
    return working;
  };

  return {
    fold: (records) =>
      next(async () => {
        await projection.prepare(records);
        for (const record of records) {
          fold.apply(record);
          positions[record.topic] = record.offset + 1;
          folded += 1;
          if (folded >= CHUNK_RECORDS) await settle();
        }
      }),
    settle: (reached) =>
      next(async () => {
        Object.assign(positions, reached);
        await settle();
      }),
    view: projection.view.partition(partition),
    noteSeen: () => {
      noted = [];
    },
    takeSeen: () => {
      const taken = noted ?? [];
      noted = [];
      return taken;
    },
    leftOut: () => leftOut,
  };
}
