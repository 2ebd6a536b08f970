import type { Consumer, Kafka } from 'kafkajs';
import type { Logger } from '../../observability/logger.ts';
import type { Projection } from '../../projection/projection.ts';
import { neverResetOffsets } from '../kafkajs-patches/fetch/never-reset-offsets.ts';
import { createLogLookup } from '../log-identity/log-lookup.ts';
import { tracedBatches } from '../partition-reader/traced-batches.ts';
import { explainReading } from '../refusals/explain-reading.ts';
import type { TableReader } from '../table-reader/table-reader.ts';
import { createLogEnds } from '../topics/log-ends.ts';
import { openTransactionsOf } from '../transactions/await-open-transaction.ts';
import { type AssignedSlots, createAssignedSlots } from './assigned-slots.ts';
import { type BatchIntake, createBatchIntake } from './batch-intake.ts';
import { leaveGroup } from './leave-group.ts';
import { createMemberConsumer } from './member-consumer.ts';
import type { ProjectionObserver, ProjectionSettings } from './projection-options.ts';
import { type RunningProjection, viewOf } from './running-projection.ts';
import { createSlotOpener } from './slot-opener.ts';
import { createTaskLogs } from './task-logs.ts';

/**
 * Runs a projection as a member of its group. `reader` reads the projection's own topics back into `projection.readBack`. Each record of the
 * inputs is folded exactly once into what is committed: see Projection.
 */
export async function startProjection(
  kafka: Kafka,
  projection: Projection,
  reader: Pick<TableReader, 'reached'>,
  settings: ProjectionSettings,
  logger: Logger,
  observer: ProjectionObserver,
): Promise<RunningProjection> {
  const { inputs, restoredFrom } = projection;
  const { brokers, groupId, partitions, remedy } = settings;
  const lookup = createLogLookup(kafka, inputs);
  const fetchEnds = createLogEnds(kafka, brokers, [...inputs, ...restoredFrom]);
  const noTransactionOpen = openTransactionsOf(kafka, brokers, restoredFrom);
  const logs = createTaskLogs({ projection, reader, lookup, fetchEnds, remedy });
  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>();
  let stopping = false;
  let joined = false;
  const isStopping = (): boolean => stopping;

  const consumer = createMemberConsumer(kafka, settings, () => [...assigned.slots.keys()]);
  const context = { kafka, consumer, inputs, logs, noTransactionOpen, refused: fail, isStopping };
  const assigned: AssignedSlots = createAssignedSlots({
    open: createSlotOpener({ ...context, assigned: () => assigned, settings, observer, logger }),
    onRevoked: observer.revoked,
    onClosed: logs.forget,
  });
  const { slots } = assigned;
  const intake = createBatchIntake({
    consumer,
    slots,
    followed: logs.followed,
    projection,
    lookup,
    remedy,
    read: observer.read,
    isStopping,
    logger,
  });
  followGroup(consumer, inputs, intake, {
    assigned: (given) => {
      if (stopping) return;
      joined = true;
      consumer.pause(inputs.map((topic) => ({ topic, partitions: [...given] })));
      logger.info('group-joined', { group: groupId, partitions: given.size });
      assigned.assign(given);
    },
    crashed: async (error) => {
      const groupPrefix = settings.readerGroupPrefix;
      const explained = await explainReading(kafka, error, { topics: inputs, groupPrefix, groupId });
      fail(explained instanceof Error ? explained : error);
    },
  });
  const resetAgain = neverResetOffsets(groupId, intake.outOfRange);

  await consumer.connect();
  await consumer.subscribe({ topics: [...inputs], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: partitions * inputs.length,
    eachBatch: tracedBatches(intake.eachBatch),
  });

  return {
    ...viewOf(slots, inputs, logs),
    failed,
    ends: fetchEnds,
    joined: () => joined,
    stop: async () => {
      stopping = true;
      await assigned.closeAll();
      await leaveGroup(consumer, groupId, logger);
      resetAgain();
      await lookup.close();
    },
  };
}

/** Passes the events of kafkajs on. */
function followGroup(
  consumer: Consumer,
  inputs: readonly string[],
  intake: Pick<BatchIntake, 'passed'>,
  on: Readonly<{ assigned: (partitions: ReadonlySet<number>) => void; crashed: (error: Error) => Promise<void> }>,
): void {
  // kafkajs emits this event synchronously, before it fetches anything of the assignment (shared/kafka/README.md, rule 7).
  consumer.on('consumer.group_join', ({ payload }) => {
    on.assigned(new Set(payload.memberAssignment[inputs[0] ?? '']));
  });
  // Without this the process would stay up and consume nothing (shared/kafka/README.md, rule 12).
  consumer.on('consumer.crash', ({ payload }) => {
    if (!payload.restart) void on.crashed(payload.error);
  });
  // A batch without records for us, such as one of transaction markers, never reaches eachBatch (shared/kafka/README.md, rule 9).
  consumer.on('consumer.end_batch_process', ({ payload }) => {
    if (payload.batchSize > 0 || payload.firstOffset === null) return;
    intake.passed(payload.topic, payload.partition, Number(payload.firstOffset), Number(payload.lastOffset) + 1);
  });
}
