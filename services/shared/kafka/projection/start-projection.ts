import type { Kafka } from 'kafkajs';
import type { Running } from '../../lifecycle/host.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Opened, Projection } from '../../projection/projection.ts';
import type { Positions } from '../../projection/records.ts';
import { explainReading } from '../explain-reading.ts';
import { neverResetOffsets } from '../fetch/never-reset-offsets.ts';
import { LogChangedError } from '../log-lookup/log-changed.ts';
import { createLogLookup } from '../log-lookup/log-lookup.ts';
import type { TableReader } from '../table-reader.ts';
import { tracedBatches } from '../traced-batches.ts';
import { openTransactionsOf } from './await-open-transaction.ts';
import { createBatchIntake } from './batch-intake.ts';
import { coPartitioningAssigner } from './co-partitioning-assigner.ts';
import { leaveGroup } from './leave-group.ts';
import { createLogEnds, type EndsOfTopics, highsOf } from './log-ends.ts';
import type { LostReason } from './lost-reason.ts';
import { createMembership } from './membership.ts';
import { offsetPublisher } from './offset-publisher.ts';
import { assertSameTopics, type FollowedLogs, followLogs } from './same-log.ts';
import { openSlot, type SlotStatus, type TaskSlot } from './task-slot.ts';
import { timed } from './timed.ts';
import { fence } from './transactional-writer.ts';

/** What a running projection tells of its work. */
export type ProjectionObserver = Readonly<{
  committed: (partition: number, records: number, positions: Positions) => void;
  /** From the beginning of a commit to its end, in seconds. */
  commitDuration: (seconds: number) => void;
  restored: (partition: number, seconds: number) => void;
  /** A task threw its memory away. */
  lost: (partition: number, reason: LostReason) => void;
  /** Records were folded; the log is this long. */
  read: (topic: string, partition: number, highWatermark: number) => void;
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
    /** Up to where the tasks that run have committed what they folded, by partition. */
    committed: () => ReadonlyMap<number, Positions>;
    /** The ends of the inputs and of the projection's own topics. */
    ends: () => Promise<EndsOfTopics>;
    /** Restores the tasks whose inputs are not the topics any more that they read, before a commit finds that out. */
    lookAtTopics: () => Promise<void>;
    /** Tells the tasks where their inputs end: by it they know that nothing older will come. */
    saw: (ends: EndsOfTopics) => void;
  }>;

const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 1_500;

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
  const followed = new Map<number, FollowedLogs>();
  const lookup = createLogLookup(kafka, inputs);
  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>();
  const failReading = async (error: Error): Promise<void> => {
    const { groupId, readerGroupPrefix: groupPrefix } = settings;
    const explained = await explainReading(kafka, error, { topics: inputs, groupPrefix, groupId });
    fail(explained instanceof Error ? explained : error);
  };
  const ends = createLogEnds(kafka, settings.brokers, [...inputs, ...projection.restoredFrom]);
  const noTransactionOpen = openTransactionsOf(kafka, settings.brokers, projection.restoredFrom);
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
    const endIn = (found: EndsOfTopics, topic: string) => found.get(topic)?.get(partition) ?? { low: 0, high: 0 };
    const ids = await lookup.topicIds(partition);
    const found = await ends();
    const endOf = (topic: string) => endIn(found, topic);
    await Promise.all(projection.restoredFrom.map((topic) => reader.reached(topic, partition, endOf(topic).high)));
    const opened = projection.open(partition, Object.fromEntries(inputs.map((topic) => [topic, endOf(topic).high])));
    const askEndOf = async (topic: string) => endIn(await ends(), topic);
    const marks = projection.lastCounted(partition);
    const logs = { lookup, ids, endOf, askEndOf, remedy: settings.remedy };
    followed.set(partition, await followLogs(logs, partition, opened.positions, marks));
    return opened;
  };
  const assertFollowed = async (partition: number): Promise<void> => {
    const logs = followed.get(partition);
    if (logs !== undefined) await assertSameTopics(lookup, partition, logs);
  };

  const slotOf = (partition: number): TaskSlot =>
    openSlot({
      partition,
      fence: async () => {
        await closings.get(partition);
        const writer = await fence(kafka, `${settings.transactionalIdPrefix}${partition}`, partition);
        return {
          ...writer,
          commit: timed((records) => writer.commit(records, () => assertFollowed(partition)), observer.commitDuration),
        };
      },
      restore,
      confirmedMember: async () => {
        await membership.confirmed();
        await noTransactionOpen(partition, () => !stopping);
      },
      fetchFrom: (_partition, positions) => {
        if (stopping) return;
        const free = inputs.filter((topic) => !slots.get(partition)?.isHeld(topic));
        for (const topic of free) consumer.seek({ topic, partition, offset: String(positions[topic] ?? 0) });
        consumer.resume(free.map((topic) => ({ topic, partitions: [partition] })));
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
      followed.delete(partition);
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
    intake.passed(payload.topic, payload.partition, Number(payload.firstOffset), Number(payload.lastOffset) + 1);
  });

  const intake = createBatchIntake({
    consumer,
    slots,
    followed,
    projection,
    lookup,
    remedy: settings.remedy,
    read: observer.read,
    isStopping: () => stopping,
    logger,
  });
  const resetAgain = neverResetOffsets(settings.groupId, intake.outOfRange);

  await consumer.connect();
  await consumer.subscribe({ topics: [...inputs], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: settings.partitions * inputs.length,
    eachBatch: tracedBatches(intake.eachBatch),
  });

  return {
    failed,
    ends,
    saw: (found) => {
      for (const [partition, slot] of slots) slot.task()?.saw(highsOf(found, inputs, partition));
    },
    joined: () => joined,
    status: () => [...slots.values()].map((slot) => slot.status()),
    committed: () =>
      new Map(
        [...slots].flatMap(([partition, slot]) => {
          const task = slot.task();
          return task === null ? [] : [[partition, task.committed()] as const];
        }),
      ),
    lookAtTopics: async () => {
      const running = [...slots].filter(([, slot]) => slot.task() !== null);
      const looks = running.map(([partition, slot]) =>
        assertFollowed(partition).catch((error: unknown) => {
          if (!(error instanceof LogChangedError)) throw error;
          slot.restart(error);
        }),
      );
      await Promise.all(looks);
    },
    stop: async () => {
      stopping = true;
      await Promise.all([...[...slots.values()].map((slot) => slot.close()), ...closings.values()]);
      await leaveGroup(consumer, settings.groupId, logger);
      resetAgain();
      await lookup.close();
    },
  };
}
