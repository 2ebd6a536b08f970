import { connectRegistry } from '../../shared/avro/registry.ts';
import { createKafka } from '../../shared/kafka/connection.ts';
import { createLogEnds } from '../../shared/kafka/projection/log-ends.ts';
import { fence } from '../../shared/kafka/projection/transactional-writer.ts';
import { createPartitionOfKey } from '../../shared/kafka/publisher/partition-of-key.ts';
import { startTableReader, type TableReader, type TableRecord } from '../../shared/kafka/table-reader.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { CommittedRecord, Positions, SourceRecord } from '../../shared/projection/records.ts';
import { type CallMetricsProjection, createCallMetricsProjection } from '../call-metrics-projection.ts';
import { createCodecs } from '../codecs.ts';
import type { CallMetricsConfig } from '../config.ts';
import { type Comparison, compareTables, hashOfAll } from './compare-tables.ts';
import { generationRecords } from './generation-records.ts';
import { createReplay, type Replay } from './replay.ts';

const DAY_MS = 86_400_000;
/** The transaction of a whole partition may take longer than one of 100 ms of events. */
const TRANSACTION_TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 200;
const ATTEMPTS = 20;

export type RebuildConfig = Pick<CallMetricsConfig, 'kafka' | 'registry' | 'rules'>;

export type RebuildReport = Readonly<{
  partitions: number;
  keys: number;
  changed: number;
  smaller: number;
  hashBefore: string;
  hashAfter: string;
}>;

export type RebuildObserver = Readonly<{
  /** Records folded of those that the live projection has. */
  progress: (folded: number, total: number) => void;
  /** What will change, before anything of it is published. */
  comparison: (report: RebuildReport) => void;
}>;

/**
 * Makes the totals again from the log under the configured settings, beside the live ones, and publishes each partition
 * in one transaction once it has reached what is committed. What is not changed is not written; the live table is never
 * empty, and a counter only falls where the new definition makes it smaller. A call-metrics with the same settings may
 * run meanwhile and goes on; one with others ends, as its settings are not those of the totals any more.
 *
 * Where a log no longer holds what was read of it, the totals become those of what it still holds.
 */
export async function rebuild(
  config: RebuildConfig,
  logger: Logger,
  observer: RebuildObserver,
): Promise<RebuildReport> {
  const { topicPrefix, partitions, brokers } = config.kafka;
  const kafka = createKafka(config.kafka, 'vxt-call-metrics-rebuild', logger);
  const codecs = await createCodecs(connectRegistry(config.registry), topicPrefix);
  const partitionOf = createPartitionOfKey(partitions);
  const project = (): CallMetricsProjection =>
    createCallMetricsProjection({
      rules: { ...config.rules, partitions },
      topicPrefix,
      codecs,
      partitionOf,
      counted: () => undefined,
    });
  const live = project();
  const made = project();
  const inputLogEnds = createLogEnds(kafka, brokers, live.inputs);
  const inputEnds = await inputLogEnds();
  const replays = Array.from({ length: partitions }, (_, partition) => {
    const ends = live.inputs.map(
      (topic) => [topic, inputEnds.get(topic)?.get(partition) ?? { low: 0, high: 0 }] as const,
    );
    return createReplay(made, partition, new Map(ends));
  });
  const own = startTableReader(
    kafka,
    { topics: live.restoredFrom, groupPrefix: `${topicPrefix}call-metrics-reader-` },
    (records) => live.readBack(records.map(committedRecord)),
  );
  const inputs = startTableReader(
    kafka,
    { topics: live.inputs, groupPrefix: `${topicPrefix}call-metrics-reader-` },
    (records) => replayOf(replays, records).take(records.map(sourceRecord)),
  );
  const failed = Promise.race([own.failed, inputs.failed]).then((error) => Promise.reject(error));
  failed.catch(() => undefined);

  /** By topic and partition, the end of a log that is shorter than what was read of it: it was made anew. */
  const shortened = new Map<string, number>();
  const committedPositions = (partition: number): Positions =>
    Object.fromEntries(
      Object.entries(live.countedUpTo(partition)).map(([topic, position]) => {
        return [topic, Math.min(position, shortened.get(`${topic}/${partition}`) ?? position)];
      }),
    );
  /** Folds on to what is committed now; whether that is reached. */
  const follow = async (partition: number): Promise<boolean> => {
    const replay = replays[partition];
    const limits = committedPositions(partition);
    await replay?.advanceTo(limits);
    return live.inputs.every((topic) => (inputs.position(topic, partition) ?? 0) >= (limits[topic] ?? 0));
  };
  const progress = (): void => {
    let folded = 0;
    let total = 0;
    for (const [partition, replay] of replays.entries()) {
      const limits = committedPositions(partition);
      for (const topic of live.inputs) {
        total += limits[topic] ?? 0;
        folded += Math.min(limits[topic] ?? 0, replay.positions()[topic] ?? 0);
      }
    }
    observer.progress(folded, total);
  };
  /** All at once, as the inputs are read: what is beyond the position of its partition waits in memory. */
  const untilReached = async (which: readonly number[]): Promise<void> => {
    const reached = async () => (await Promise.all(which.map(follow))).every(Boolean);
    while (!(await Promise.race([reached(), failed]))) {
      progress();
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  };

  try {
    await Promise.race([own.caughtUp, failed]);
    for (const [topic, ends] of await inputLogEnds()) {
      for (const [partition, { high }] of ends) {
        if ((committedPositions(partition)[topic] ?? 0) > high) shortened.set(`${topic}/${partition}`, high);
      }
    }
    await untilReached([...replays.keys()]);
    progress();
    observer.comparison(
      reportOf(replays.map((replay, partition) => compareTables(live.view.partition(partition), replay.view))),
    );

    const ends = createLogEnds(kafka, brokers, live.restoredFrom);
    const publish = async (partition: number): Promise<Comparison> => {
      const writer = await fence(kafka, `${topicPrefix}call-metrics-${partition}`, partition, TRANSACTION_TIMEOUT_MS);
      try {
        await Promise.race([readTo(own, live.restoredFrom, partition, await ends()), failed]);
        await untilReached([partition]);
        const before = live.view.partition(partition);
        const after = replays[partition]?.view ?? before;
        const comparison = compareTables(before, after);
        const records = generationRecords(partition, before, after, live, codecs, config.rules.dedupeDays * DAY_MS);
        if (records.length > 0) await writer.commit(records);
        return comparison;
      } finally {
        await writer.discard();
      }
    };
    const comparisons: Comparison[] = [];
    for (let partition = 0; partition < partitions; partition += 1)
      comparisons.push(await again(() => publish(partition)));
    return reportOf(comparisons);
  } finally {
    await own.stop();
    await inputs.stop();
  }
}

/** A live task may fence the rebuild as the rebuild fenced it: then the next attempt is the last word. */
async function again<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (count === ATTEMPTS) throw error;
    }
  }
}

async function readTo(
  reader: TableReader,
  topics: readonly string[],
  partition: number,
  ends: Awaited<ReturnType<ReturnType<typeof createLogEnds>>>,
): Promise<void> {
  await Promise.all(
    topics.map((topic) => reader.reached(topic, partition, ends.get(topic)?.get(partition)?.high ?? 0)),
  );
}

function reportOf(comparisons: readonly Comparison[]): RebuildReport {
  const sum = (field: 'keys' | 'changed' | 'smaller') => comparisons.reduce((total, one) => total + one[field], 0);
  return {
    partitions: comparisons.length,
    keys: sum('keys'),
    changed: sum('changed'),
    smaller: sum('smaller'),
    hashBefore: hashOfAll(comparisons.map(({ hashBefore }) => hashBefore)),
    hashAfter: hashOfAll(comparisons.map(({ hashAfter }) => hashAfter)),
  };
}

function replayOf(replays: readonly Replay[], records: readonly TableRecord[]): Replay {
  const replay = replays[records[0]?.partition ?? -1];
  if (replay === undefined) throw new Error('A partition that is not configured: KAFKA_PARTITIONS is too small');
  return replay;
}

const committedRecord = (record: TableRecord): CommittedRecord => ({ ...record, key: record.key ?? '' });

const sourceRecord = (record: TableRecord): SourceRecord => ({
  ...record,
  key: record.key === null ? null : Buffer.from(record.key),
});
