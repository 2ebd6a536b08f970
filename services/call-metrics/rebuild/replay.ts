import type { LogEnds } from '../../shared/kafka/projection/log-ends.ts';
import type { SourceRecord } from '../../shared/projection/records.ts';
import type { CallMetricsProjection } from '../call-metrics-projection.ts';
import type { PartitionView } from '../committed-view.ts';

/** Records folded before they are put into the compact view. */
const CHUNK_RECORDS = 5_000;

/**
 * One partition folded from zero into a view of its own, up to positions that are told and never beyond: those that the
 * live projection has committed, so that both can be compared and nothing is published that is older than what is there.
 */
export type Replay = Readonly<{
  /** Takes records of one input, in order. */
  take: (records: readonly SourceRecord[]) => Promise<void>;
  /** Folds on as far as these offsets, by topic. */
  advanceTo: (limits: Readonly<Record<string, number>>) => Promise<void>;
  /** By topic, the next offset that is to be folded. */
  positions: () => Readonly<Record<string, number>>;
  view: PartitionView;
  /** Records that could not be counted, with the place they came from. */
  deadLetters: () => number;
}>;

/**
 * `projection` is one that nothing was read back into: its view becomes the new generation. `ends` are those of the input
 * partitions, by topic.
 */
export function createReplay(
  projection: CallMetricsProjection,
  partition: number,
  ends: ReadonlyMap<string, LogEnds>,
): Replay {
  const edge = (of: keyof LogEnds) => Object.fromEntries([...ends].map(([topic, found]) => [topic, found[of]]));
  const { fold } = projection.open(partition, edge('high'));
  const positions: Record<string, number> = edge('low');
  const view = projection.view.partition(partition);
  const waiting = new Map<string, SourceRecord[]>(projection.inputs.map((topic) => [topic, []]));
  let limits: Readonly<Record<string, number>> = {};
  let folded = 0;
  let written = 0;
  let deadLetters = 0;
  let working: Promise<void> = Promise.resolve();

  const settle = async (): Promise<void> => {
    folded = 0;
    const { records, committed } = fold.takeTransaction(positions);
    deadLetters += records.filter(({ topic }) => topic === projection.topics.deadLetters).length;
    await projection.readBack(
      records.map(({ topic, key, value }) => {
        written += 1;
        return { topic, partition, offset: written, key: key?.toString() ?? '', value };
      }),
    );
    committed();
  };
  const foldWaiting = async (): Promise<void> => {
    for (const [topic, records] of waiting) {
      const limit = limits[topic] ?? 0;
      const count = records.findIndex(({ offset }) => offset >= limit);
      const due = records.splice(0, count === -1 ? records.length : count);
      if (due.length > 0) await projection.prepare(due);
      for (const record of due) {
        fold.apply(record);
        positions[topic] = record.offset + 1;
        folded += 1;
        if (folded >= CHUNK_RECORDS) await settle();
      }
    }
    // What is committed has a state, even where the log holds nothing any more.
    const stateIsDue = view.state() === null && Object.values(limits).some((limit) => limit > 0);
    if (folded > 0 || stateIsDue) await settle();
  };
  const next = (change: () => void): Promise<void> => {
    working = working.then(() => {
      change();
      return foldWaiting();
    });
    return working;
  };

  return {
    take: (records) =>
      next(() => {
        for (const record of records) waiting.get(record.topic)?.push(record);
      }),
    advanceTo: (told) =>
      next(() => {
        limits = told;
      }),
    positions: () => ({ ...positions }),
    view,
    deadLetters: () => deadLetters,
  };
}
