import type { Batch, Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { Logger } from '../../observability/logger.ts';
import { markOf } from '../../projection/log-mark.ts';
import type { Projection } from '../../projection/projection.ts';
import type { SourceBatch, Task } from '../../projection/task.ts';
import { removedRecords } from '../log-identity/assert-in-log.ts';
import { LogChangedError } from '../log-identity/log-changed.ts';
import type { LogLookup } from '../log-identity/log-lookup.ts';
import { removedOffsets } from '../log-identity/removed-offsets.ts';
import { assertNothingLost, type FollowedLogs } from '../log-identity/same-log.ts';
import { sourceBatch } from '../partition-reader/source-batch.ts';
import { createPositionGaps } from './position-gaps.ts';
import { prepareUntilDone } from './prepare-until-done.ts';
import { createSetAside } from './set-aside.ts';
import type { TaskSlot } from './task-slot.ts';
import { within } from './within.ts';

/**
 * Hands what kafkajs fetched to the tasks. It never keeps a batch for long: kafkajs fetches nothing more from a broker until all batches of
 * its last response are done (shared/kafka/README.md, rule 10).
 */
export type BatchIntake = Readonly<{
  eachBatch: (payload: EachBatchPayload) => Promise<void>;
  /**
   * Offsets without records for us, such as transaction markers, which never reach eachBatch (shared/kafka/README.md, rule 9). `next` is the offset after
   * them.
   */
  passed: (topic: string, partition: number, first: number, next: number) => void;
  /** The broker reports that the position kafkajs requested is outside the log. */
  outOfRange: (topic: string, partition: number) => void;
}>;

type Options = Readonly<{
  consumer: Pick<Consumer, 'pause' | 'resume' | 'seek'>;
  slots: ReadonlyMap<number, TaskSlot>;
  followed: ReadonlyMap<number, FollowedLogs>;
  projection: Pick<Projection, 'prepare'>;
  lookup: Pick<LogLookup, 'recordAt'>;
  remedy: string;
  /** Called after records of a partition were folded. */
  read: (topic: string, partition: number, highWatermark: number) => void;
  isStopping: () => boolean;
  logger: Logger;
}>;

/** How long a batch may wait for its preparation, and then for its task's commit, before its partition is set aside. */
const PATIENCE_MS = 500;

export function createBatchIntake(options: Options): BatchIntake {
  const { consumer, slots, followed, remedy, isStopping, logger } = options;
  const gaps = createPositionGaps(consumer, logger);
  const setAside = createSetAside(options);

  const take = async (batch: Batch, resolveOffset: (offset: string) => void, slot: TaskSlot, task: Task) => {
    const { topic, partition } = batch;
    const source = sourceBatch(batch);
    if (source.fromOffset !== task.positions()[topic]) return gaps.found(topic, slot, task);
    const removed = removedOffsets(batch);
    if (removed !== null) return slot.restart(removedRecords(topic, partition, removed.from, removed.to, remedy));

    const preparation = startPreparation(options, batch, source, slot, task);
    if (!(await within(preparation.done, PATIENCE_MS)))
      return setAside(topic, slot, task, preparation.problem(), preparation.done);
    if (slot.task() !== task) return;

    switch (task.foldBatch(source)) {
      case 'ended':
        return;
      case 'gap':
        return gaps.found(topic, slot, task);
      case 'folded': {
        gaps.closed(topic, partition);
        resolveOffset(batch.lastOffset());
        const last = source.records.at(-1);
        const places = followed.get(partition)?.places;
        if (last !== undefined) places?.set(topic, { mark: markOf(last), epoch: epochOf(batch.messages.at(-1)) });
        options.read(topic, partition, Number(batch.highWatermark));
        const room = task.untilRoom();
        if (!(await within(room, PATIENCE_MS))) setAside(topic, slot, task, 'its commit takes long', room);
      }
    }
  };

  return {
    eachBatch: async ({ batch, resolveOffset }) => {
      const slot = slots.get(batch.partition);
      const task = slot?.task();
      if (isStopping() || !slot || !task) return;
      try {
        await take(batch, resolveOffset, slot, task);
      } catch (error) {
        slot.restart(error instanceof Error ? error : new Error(String(error)));
      }
    },
    passed: (topic, partition, first, next) => {
      const slot = slots.get(partition);
      const task = slot?.task();
      if (!slot || !task) return;
      if (first > (task.positions()[topic] ?? 0)) return gaps.found(topic, slot, task);
      task.skip(topic, first, next);
    },
    outOfRange: (topic, partition) => {
      const slot = slots.get(partition);
      consumer.pause([{ topic, partitions: [partition] }]);
      if (slot?.task()) slot.restart(new LogChangedError(`The position in ${topic} is outside its log`));
    },
  };
}

/** Does what a batch needs before its task may fold it; repeats what fails until the task is no longer wanted. `done` never rejects. */
function startPreparation(
  { followed, lookup, projection, logger }: Options,
  batch: Batch,
  source: SourceBatch,
  slot: TaskSlot,
  task: Task,
): Readonly<{ done: Promise<void>; problem: () => string }> {
  const { topic, partition } = batch;
  const logs = followed.get(partition);
  let problem = 'its records are being prepared';
  const isWanted = (): boolean => slot.task() === task;
  const prepare = async (): Promise<void> => {
    if (logs !== undefined) await assertNothingLost(lookup, topic, partition, logs, epochOf(batch.messages[0]));
    await projection.prepare(source.records);
  };
  const onFailed = (error: unknown): void => {
    if (error instanceof LogChangedError) slot.restart(error);
    problem = String(Reflect.get(Object(error), 'message') ?? error);
    if (isWanted() && slot.isHeld(topic)) slot.hold(topic, problem);
  };
  return { done: prepareUntilDone(prepare, isWanted, onFailed, logger), problem: () => problem };
}

/** The epoch of the leader that wrote the record; null if the record does not carry it. */
function epochOf(message: KafkaMessage | undefined): number | null {
  const context: unknown = message === undefined ? null : Reflect.get(message, 'batchContext');
  const epoch: unknown = Reflect.get(Object(context), 'partitionLeaderEpoch');
  return typeof epoch === 'number' ? epoch : null;
}
