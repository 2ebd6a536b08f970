import type { PartitionView } from '../projection/committed-view.ts';
import { becomesSmaller, type Comparison, compareTables } from './compare-tables.ts';
import { edgeOf, edgesOf, openPartitionSource } from './partition-source.ts';
import type { RebuildContext } from './rebuild-context.ts';
import { refuseOtherPartitionsThan } from './refusals.ts';
import { createReplay, type Replay } from './replay.ts';

/** One partition: its committed totals, and the same folded again from the beginning, up to positions that both have reached. */
export type PartitionRebuild = Readonly<{
  live: PartitionView;
  replay: Replay;
  /** Reads what is committed by now, and folds up to it. */
  catchUp: () => Promise<void>;
  /** Compares all keys except those written while `catchUp` ended: the live rows of these may be of later positions. */
  preview: () => Comparison;
  /** The same as `catchUp` when nobody else can commit any more: both sides then are at the same positions. */
  catchUpToEnd: () => Promise<void>;
  /** After `catchUpToEnd`: the number of lifetimes that become smaller, among the keys that `preview` excluded or that were written since. */
  smallerSince: () => number;
  /** After `catchUpToEnd`: compares all keys. */
  result: () => Comparison;
  stop: () => Promise<void>;
}>;

/** A round that takes longer leaves too much to fold while the live task waits. */
const SHORT_ROUND_MS = 2_000;
const MAX_ROUNDS = 5;

export async function openPartition(context: RebuildContext, partition: number): Promise<PartitionRebuild> {
  const { ends } = context;
  const live = context.createProjection();
  const rebuilt = context.createProjection(live.view);
  const { inputs, topics } = live;
  const found = await ends();
  const replay = createReplay(rebuilt, partition, edgesOf(found, inputs, partition, 'high'));
  const view = live.view.partition(partition);
  const source = openPartitionSource({ context, partition, live, replay, ends: found });

  const foldToCommitted = async (): Promise<void> => {
    const state = view.state();
    if (state === null) return;
    refuseOtherPartitionsThan(context.partitions, state.fingerprint);
    const highs = edgesOf(await ends(), inputs, partition, 'high');
    const committed = live.countedPositions(partition);
    // A log that is shorter than what was read of it was recreated: the totals become those of what it holds now.
    await Promise.all(inputs.map((topic) => source.readTo(topic, Math.min(committed[topic] ?? 0, highs[topic] ?? 0))));
    await replay.settle(Object.fromEntries(inputs.map((topic) => [topic, source.position(topic)])));
  };
  const readRows = async (): Promise<void> =>
    source.readTo(topics.table, edgeOf(await ends(), topics.table, partition, 'high'));

  return {
    live: view,
    replay,
    catchUp: async () => {
      for (let round = 1; round <= MAX_ROUNDS; round += 1) {
        const startedMs = performance.now();
        // Rows first, then a state that is no older than any of them.
        await readRows();
        await source.readTo(topics.state, await stableEnd(context, topics.state, partition));
        source.writtenKeys.clear();
        await foldToCommitted();
        if (performance.now() - startedMs < SHORT_ROUND_MS) break;
      }
      await readRows();
    },
    preview: () => compareTables(view, replay.view, source.writtenKeys),
    catchUpToEnd: async () => {
      const last = await ends();
      for (const topic of [topics.table, topics.state])
        await source.readTo(topic, edgeOf(last, topic, partition, 'high'));
      await foldToCommitted();
    },
    smallerSince: () => [...source.writtenKeys].filter((key) => becomesSmaller(view, replay.view, key)).length,
    result: () => compareTables(view, replay.view),
    stop: source.stop,
  };
}

const STABLE_WITHIN_MS = 90_000;
const POLL_MS = 100;

/** The end of everything written so far, once it can be read. Throws if a transaction stays open for longer than 90 s. */
async function stableEnd({ ends, watermarks }: RebuildContext, topic: string, partition: number): Promise<number> {
  const written = edgeOf(await watermarks(), topic, partition, 'high');
  const deadlineMs = performance.now() + STABLE_WITHIN_MS;
  while (edgeOf(await ends(), topic, partition, 'high') < written) {
    if (performance.now() > deadlineMs)
      throw new Error(`A transaction blocks readers of partition ${partition} of ${topic}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return written;
}
