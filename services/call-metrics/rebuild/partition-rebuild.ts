import { type PartitionReader, startPartitionReader } from '../../shared/kafka/partition-reader.ts';
import type { EndsOfTopics } from '../../shared/kafka/projection/log-ends.ts';
import type { Positions, SourceRecord } from '../../shared/projection/records.ts';
import type { PartitionView } from '../committed-view.ts';
import { becomesSmaller, type Comparison, compareTables } from './compare-tables.ts';
import type { RebuildContext } from './rebuild-context.ts';
import { refuseOtherPartitionsThan } from './refusals.ts';
import { createReplay, type Replay } from './replay.ts';

/** One partition: what is committed of it, and the same folded anew, up to positions that both have. */
export type PartitionRebuild = Readonly<{
  live: PartitionView;
  replay: Replay;
  /** Reads what is committed by now, and folds up to it. */
  catchUp: () => Promise<void>;
  /** What will change, of all keys but those that were written while `catchUp` ended: of these, only the live rows may be of later positions. */
  preview: () => Comparison;
  /** The same when nobody else can commit any more: both are of the same positions then. */
  catchUpToEnd: () => Promise<void>;
  /** After `catchUpToEnd`, of the keys that `preview` left out or that were written since: lifetimes that become smaller. */
  smallerSince: () => number;
  /** After `catchUpToEnd`, of all keys. */
  result: () => Comparison;
  stop: () => Promise<void>;
}>;

const STABLE_WITHIN_MS = 90_000;
const LOOK_EVERY_MS = 100;
/** A round that takes longer leaves too much to fold while the live task waits. */
const SHORT_ROUND_MS = 2_000;
const MOST_ROUNDS = 5;

export async function openPartition(context: RebuildContext, partition: number): Promise<PartitionRebuild> {
  const { kafka, ends, watermarks, progress } = context;
  const live = context.project();
  const made = context.project(live.view);
  const { inputs, topics } = live;
  const found = await ends();
  const replay = createReplay(made, partition, edges(found, inputs, partition, 'high'));
  const view = live.view.partition(partition);
  const moved = new Set<string>();

  const take = async (topic: string, records: readonly SourceRecord[]): Promise<void> => {
    if (inputs.includes(topic)) {
      await replay.fold(records);
      progress(records.length);
      return;
    }
    const committed = records.map(({ partition, offset, key, value, transactional, unreadable }) => ({
      topic,
      partition,
      offset,
      key: key?.toString() ?? '',
      value,
      ...(transactional === undefined ? {} : { transactional }),
      unreadable: unreadable ?? null,
    }));
    if (topic === topics.table) for (const { key } of committed) moved.add(key);
    await live.readBack(committed);
  };
  const reader: PartitionReader = startPartitionReader(
    kafka,
    {
      from: edges(found, [...inputs, topics.table, topics.state], partition, 'low'),
      partition,
      groupPrefix: context.groupPrefix,
    },
    take,
  );

  const foldToCommitted = async (): Promise<void> => {
    const state = view.state();
    if (state === null) return;
    refuseOtherPartitionsThan(context.partitions, state.fingerprint);
    const highs = edges(await ends(), inputs, partition, 'high');
    const committed = live.countedUpTo(partition);
    // A log that is shorter than what was read of it was made anew: the totals become those of what it holds.
    await Promise.all(inputs.map((topic) => reader.readTo(topic, Math.min(committed[topic] ?? 0, highs[topic] ?? 0))));
    await replay.settle(Object.fromEntries(inputs.map((topic) => [topic, reader.position(topic)])));
  };
  const readRows = async (): Promise<void> =>
    reader.readTo(topics.table, endOf(await ends(), topics.table, partition, 'high'));
  /** Rows first, then a state that is no older than any of them. */
  const readCommitted = async (): Promise<void> => {
    await readRows();
    const written = endOf(await watermarks(), topics.state, partition, 'high');
    const endMs = performance.now() + STABLE_WITHIN_MS;
    while (endOf(await ends(), topics.state, partition, 'high') < written) {
      if (performance.now() > endMs)
        throw new Error(`A transaction holds back partition ${partition} of ${topics.state}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    await reader.readTo(topics.state, written);
  };

  return {
    live: view,
    replay,
    catchUp: async () => {
      for (let round = 1; round <= MOST_ROUNDS; round += 1) {
        const startedMs = performance.now();
        await readCommitted();
        moved.clear();
        await foldToCommitted();
        if (performance.now() - startedMs < SHORT_ROUND_MS) break;
      }
      await readRows();
    },
    preview: () => compareTables(view, replay.view, moved),
    catchUpToEnd: async () => {
      const last = await ends();
      for (const topic of [topics.table, topics.state])
        await reader.readTo(topic, endOf(last, topic, partition, 'high'));
      await foldToCommitted();
    },
    smallerSince: () => [...moved].filter((key) => becomesSmaller(view, replay.view, key)).length,
    result: () => compareTables(view, replay.view),
    stop: reader.stop,
  };
}

function edges(ends: EndsOfTopics, topics: readonly string[], partition: number, edge: 'low' | 'high'): Positions {
  return Object.fromEntries(topics.map((topic) => [topic, endOf(ends, topic, partition, edge)]));
}

const endOf = (ends: EndsOfTopics, topic: string, partition: number, edge: 'low' | 'high'): number =>
  ends.get(topic)?.get(partition)?.[edge] ?? 0;
