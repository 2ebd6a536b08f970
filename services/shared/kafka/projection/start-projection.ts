import type { EachBatchPayload, Kafka } from 'kafkajs';
import type { Running } from '../../lifecycle/host.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Opened, Projection } from '../../projection/projection.ts';
import type { Positions } from '../../projection/records.ts';
import type { Task } from '../../projection/task.ts';
import { explainReading } from '../explain-reading.ts';
import type { TableReader } from '../table-reader.ts';
import { tracedBatches } from '../traced-batches.ts';
import { assertInLog } from './assert-in-log.ts';
import { coPartitioningAssigner } from './co-partitioning-assigner.ts';
import { leaveGroup } from './leave-group.ts';
import { createLogEnds, type EndsOfTopics } from './log-ends.ts';
import { createMembership } from './membership.ts';
import { offsetPublisher } from './offset-publisher.ts';
import { prepareUntilDone } from './prepare-until-done.ts';
import { sourceBatch } from './source-batch.ts';
import { openSlot, type SlotStatus, type TaskSlot } from './task-slot.ts';
import { timed } from './timed.ts';
import { fence } from './transactional-writer.ts';
import { HEARTBEAT_MS, whileBeating } from './while-beating.ts';

/** What a running projection tells of its work. */
export type ProjectionObserver = Readonly<{
  committed: (partition: number, records: number, positions: Positions) => void;
  /** From the beginning of a commit to its end, in seconds. */
  commitDuration: (seconds: number) => void;
  restored: (partition: number, seconds: number) => void;
  /** A task threw its memory away, because a commit failed or nobody knew. */
  lost: (partition: number) => void;
  /** A record of this log time (Unix time in milliseconds) was folded; the log is this long. */
  read: (topic: string, partition: number, timestampMs: number, highWatermark: number) => void;
  revoked: (partition: number) => void;
}>;

export type ProjectionSettings = Readonly<{
  brokers: readonly string[];
  groupId: string;
  /** Groups of readers begin with this; the projection's own is not one of them. */
  readerGroupPrefix: string;
  /** The partition's number is put behind it: one stable id per partition, whoever has it (rule 4). */
  transactionalIdPrefix: string;
  partitions: number;
  limits: Readonly<{ intervalMs: number; records: number }>;
  /** What a person can do when a position is outside the log, as a sentence. */
  remedy: string;
}>;

export type RunningProjection = Running &
  Readonly<{
    /** One per partition this member has; empty for a standby. */
    status: () => readonly SlotStatus[];
    /** Whether the group was joined. */
    joined: () => boolean;
    /** Of the tasks that run: how far they have folded, and whether all of that is committed. */
    tasks: () => ReadonlyMap<number, Readonly<{ positions: Positions; settled: boolean }>>;
    /** The ends of the inputs and of the projection's own topics. */
    ends: () => Promise<EndsOfTopics>;
  }>;

const SESSION_TIMEOUT_MS = 10_000;
const MOST_GAPS = 3;

/**
 * Runs a projection as a member of its group. `reader` reads its own topics back into `projection.readBack`. Each
 * partition is folded exactly once into what is committed: see Projection.
 */
export async function startProjection(
  kafka: Kafka,
  projection: Projection,
  reader: Pick<TableReader, 'reached'>,
  settings: ProjectionSettings,
  logger: Logger,
  observer: ProjectionObserver,
): Promise<RunningProjection> {
  const { inputs } = projection;
  const slots = new Map<number, TaskSlot>();
  const closings = new Map<number, Promise<void>>();
  const gaps = new Map<string, number>();
  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>();
  const failReading = async (error: Error): Promise<void> => {
    const { groupId, readerGroupPrefix: groupPrefix } = settings;
    const explained = await explainReading(kafka, error, { topics: inputs, groupPrefix, groupId });
    fail(explained instanceof Error ? explained : error);
  };
  const ends = createLogEnds(kafka, settings.brokers, [...inputs, ...projection.restoredFrom]);
  let stopping = false;
  let joined = false;

  const consumer = kafka.consumer({
    groupId: settings.groupId,
    partitionAssigners: [coPartitioningAssigner(settings.partitions, () => [...slots.keys()])],
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
    retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 2_000 },
  });
  const membership = createMembership(consumer);
  const publish = offsetPublisher(consumer, inputs);

  const restore = async (partition: number): Promise<Opened> => {
    const found = await ends();
    const endOf = (topic: string) => found.get(topic)?.get(partition) ?? { low: 0, high: 0 };
    await Promise.all(projection.restoredFrom.map((topic) => reader.reached(topic, partition, endOf(topic).high)));
    const opened = projection.open(partition, Object.fromEntries(inputs.map((topic) => [topic, endOf(topic).high])));
    for (const topic of inputs) {
      assertInLog(topic, partition, opened.positions[topic] ?? 0, endOf(topic), settings.remedy);
    }
    return opened;
  };

  const slotOf = (partition: number): TaskSlot =>
    openSlot({
      partition,
      fence: async () => {
        await closings.get(partition);
        const writer = await fence(kafka, `${settings.transactionalIdPrefix}${partition}`, partition);
        return { ...writer, commit: timed(writer.commit, observer.commitDuration) };
      },
      restore,
      confirmedMember: membership.confirmed,
      fetchFrom: (_partition, positions) => {
        if (stopping) return;
        for (const topic of inputs) consumer.seek({ topic, partition, offset: String(positions[topic] ?? 0) });
        consumer.resume(inputs.map((topic) => ({ topic, partitions: [partition] })));
      },
      pause: () => {
        if (!stopping) consumer.pause(inputs.map((topic) => ({ topic, partitions: [partition] })));
      },
      refused: fail,
      limits: settings.limits,
      observer: {
        ...observer,
        committed: (records, positions) => {
          observer.committed(partition, records, positions);
          if (!stopping) publish(partition, positions);
        },
      },
      logger,
      now: () => performance.now(),
    });

  const close = (partition: number, slot: TaskSlot): void => {
    slots.delete(partition);
    observer.revoked(partition);
    const closing = slot.close().finally(() => {
      if (closings.get(partition) === closing) closings.delete(partition);
    });
    closings.set(partition, closing);
  };

  // Called before anything of the new assignment is fetched: kafkajs emits this event synchronously (rule 7).
  consumer.on('consumer.group_join', ({ payload }) => {
    if (stopping) return;
    joined = true;
    const assigned = new Set(payload.memberAssignment[inputs[0] ?? '']);
    consumer.pause(inputs.map((topic) => ({ topic, partitions: [...assigned] })));
    logger.info('group-joined', { group: settings.groupId, partitions: assigned.size });
    for (const [partition, slot] of slots) {
      if (assigned.has(partition)) slot.keep();
      else close(partition, slot);
    }
    for (const partition of assigned) if (!slots.has(partition)) slots.set(partition, slotOf(partition));
  });
  // Rule 12: without this the process would live on and consume nothing.
  consumer.on('consumer.crash', ({ payload }) => {
    if (!payload.restart) void failReading(payload.error);
  });
  // Offsets that hold no record for us, such as transaction markers, never reach eachBatch (rule 9).
  consumer.on('consumer.end_batch_process', ({ payload }) => {
    if (payload.batchSize > 0 || payload.firstOffset === null) return;
    const task = slots.get(payload.partition)?.task();
    task?.skip(payload.topic, Number(payload.firstOffset), Number(payload.lastOffset) + 1);
  });

  const eachBatch = async ({ batch, heartbeat, resolveOffset }: EachBatchPayload): Promise<void> => {
    const { topic, partition } = batch;
    const slot = slots.get(partition);
    const task = slot?.task();
    if (stopping || !slot || !task) return;
    const source = sourceBatch(batch);
    await whileBeating(
      prepareUntilDone(projection, source.records, () => slot.task() === task, logger),
      heartbeat,
    );
    const place = `${topic}/${partition}`;
    switch (task.take(source)) {
      case 'ended':
        return;
      case 'gap':
        return onGap(place, slot, task);
      case 'taken':
        gaps.delete(place);
        resolveOffset(batch.lastOffset());
        observer.read(topic, partition, source.records.at(-1)?.timestampMs ?? 0, Number(batch.highWatermark));
        await whileBeating(task.room(), heartbeat);
    }
  };

  /** A batch of another assignment, or kafkajs moved on by itself: fetch from our position; if that does not help, restore. */
  const onGap = (place: string, slot: TaskSlot, task: Task): void => {
    const count = (gaps.get(place) ?? 0) + 1;
    gaps.set(place, count);
    logger.warn('position-gap', { partition: slot.status().partition, attempt: count });
    if (count < MOST_GAPS) {
      for (const [topic, offset] of Object.entries(task.positions())) {
        consumer.seek({ topic, partition: slot.status().partition, offset: String(offset) });
      }
    } else {
      gaps.delete(place);
      slot.restart('The log is not read from the task’s position');
    }
  };

  await consumer.connect();
  await consumer.subscribe({ topics: [...inputs], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: settings.partitions * inputs.length,
    eachBatch: tracedBatches(eachBatch),
  });

  return {
    failed,
    ends,
    joined: () => joined,
    status: () => [...slots.values()].map((slot) => slot.status()),
    tasks: () =>
      new Map(
        [...slots].flatMap(([partition, slot]) => {
          const task = slot.task();
          return task === null ? [] : [[partition, { positions: task.positions(), settled: task.settled() }] as const];
        }),
      ),
    stop: async () => {
      stopping = true;
      await Promise.all([...[...slots.values()].map((slot) => slot.close()), ...closings.values()]);
      await leaveGroup(consumer, settings.groupId, logger);
    },
  };
}
