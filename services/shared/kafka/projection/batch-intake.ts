import type { Batch, Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { Logger } from '../../observability/logger.ts';
import { summaryOf } from '../../observability/summarise.ts';
import { markOf } from '../../projection/log-mark.ts';
import type { Projection } from '../../projection/projection.ts';
import type { Task } from '../../projection/task.ts';
import { LogChangedError } from '../log-lookup/log-changed.ts';
import type { LogLookup } from '../log-lookup/log-lookup.ts';
import { removedRecords } from './assert-in-log.ts';
import { prepareUntilDone } from './prepare-until-done.ts';
import { removedOffsets } from './removed-offsets.ts';
import { assertSameLine, type FollowedLogs } from './same-log.ts';
import { sourceBatch } from './source-batch.ts';
import type { TaskSlot } from './task-slot.ts';
import { within } from './within.ts';

/** Takes what kafkajs fetched to the tasks. Nothing here keeps a batch for long, as kafkajs fetches nothing more from that broker until all of its batches end. */
export type BatchIntake = Readonly<{
  eachBatch: (payload: EachBatchPayload) => Promise<void>;
  /** Offsets that hold no record for us, such as transaction markers: these never reach eachBatch (rule 9). `next` is behind them. */
  passed: (topic: string, partition: number, first: number, next: number) => void;
  /** The broker says that the position kafkajs asks for is outside the log. */
  outOfRange: (topic: string, partition: number) => void;
}>;

type Options = Readonly<{
  consumer: Pick<Consumer, 'pause' | 'resume' | 'seek'>;
  slots: ReadonlyMap<number, TaskSlot>;
  followed: ReadonlyMap<number, FollowedLogs>;
  projection: Pick<Projection, 'prepare'>;
  lookup: Pick<LogLookup, 'recordAt'>;
  remedy: string;
  read: (topic: string, partition: number, highWatermark: number) => void;
  isStopping: () => boolean;
  logger: Logger;
}>;

/** How long a batch may wait for schemas, and for room behind a commit, before its partition is set aside. */
const PATIENCE_MS = 500;
const MOST_GAPS = 3;

export function createBatchIntake(options: Options): BatchIntake {
  const { consumer, slots, followed, projection, lookup, remedy, logger } = options;
  const gaps = new Map<string, number>();

  const fetchOn = (topic: string, partition: number, task: Task): void =>
    consumer.seek({ topic, partition, offset: String(task.positions()[topic] ?? 0) });

  /** Fetches nothing more of this partition until `work` is done; the other partitions go on. */
  const setAside = (topic: string, slot: TaskSlot, task: Task, reason: string, work: Promise<void>): void => {
    const { partition } = slot.status();
    if (slot.task() !== task) return;
    consumer.pause([{ topic, partitions: [partition] }]);
    slot.hold(topic, reason);
    summaryOf(logger).warn('partition-waits', reason, { topic, partition, reason });
    void work.then(() => {
      if (options.isStopping() || slots.get(partition) !== slot || slot.task() !== task) return;
      slot.hold(topic, null);
      fetchOn(topic, partition, task);
      consumer.resume([{ topic, partitions: [partition] }]);
      logger.info('partition-goes-on', { topic, partition });
    });
  };

  /** A batch of another assignment, or kafkajs moved by itself: fetch from our position; if that does not help, restore. */
  const onGap = (topic: string, slot: TaskSlot, task: Task): void => {
    const { partition } = slot.status();
    const place = `${topic}/${partition}`;
    const count = (gaps.get(place) ?? 0) + 1;
    gaps.set(place, count);
    logger.warn('position-gap', { topic, partition, attempt: count });
    if (count < MOST_GAPS) {
      fetchOn(topic, partition, task);
    } else {
      gaps.delete(place);
      slot.restart(new LogChangedError(`${topic} is not read from the task’s position`));
    }
  };

  const take = async (batch: Batch, resolveOffset: (offset: string) => void, slot: TaskSlot, task: Task) => {
    const { topic, partition } = batch;
    const source = sourceBatch(batch);
    if (source.fromOffset !== task.positions()[topic]) return onGap(topic, slot, task);
    const removed = removedOffsets(batch);
    if (removed !== null) return slot.restart(removedRecords(topic, partition, removed.from, removed.to, remedy));

    const logs = followed.get(partition);
    const isWanted = (): boolean => slot.task() === task;
    let problem = 'its records are being prepared';
    const prepare = async (): Promise<void> => {
      if (logs !== undefined) await assertSameLine(lookup, topic, partition, logs, epochOf(batch.messages[0]));
      await projection.prepare(source.records);
    };
    const onFailed = (error: unknown): void => {
      if (error instanceof LogChangedError) slot.restart(error);
      problem = String(Reflect.get(Object(error), 'message') ?? error);
      if (isWanted() && slot.isHeld(topic)) slot.hold(topic, problem);
    };
    const prepared = prepareUntilDone(prepare, isWanted, onFailed, logger);
    if (!(await within(prepared, PATIENCE_MS))) return setAside(topic, slot, task, problem, prepared);
    if (!isWanted()) return;

    switch (task.take(source)) {
      case 'ended':
        return;
      case 'gap':
        return onGap(topic, slot, task);
      case 'taken': {
        gaps.delete(`${topic}/${partition}`);
        resolveOffset(batch.lastOffset());
        const last = source.records.at(-1);
        if (last !== undefined) logs?.places.set(topic, { mark: markOf(last), epoch: epochOf(batch.messages.at(-1)) });
        options.read(topic, partition, Number(batch.highWatermark));
        const room = task.room();
        if (!(await within(room, PATIENCE_MS))) setAside(topic, slot, task, 'its commit takes long', room);
      }
    }
  };

  return {
    eachBatch: async ({ batch, resolveOffset }) => {
      const slot = slots.get(batch.partition);
      const task = slot?.task();
      if (options.isStopping() || !slot || !task) return;
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
      if (first > (task.positions()[topic] ?? 0)) return onGap(topic, slot, task);
      task.skip(topic, first, next);
    },
    outOfRange: (topic, partition) => {
      const slot = slots.get(partition);
      consumer.pause([{ topic, partitions: [partition] }]);
      if (slot?.task()) slot.restart(new LogChangedError(`The position in ${topic} is outside its log`));
    },
  };
}

/** Of the leader that wrote it; null where the record does not tell. */
function epochOf(message: KafkaMessage | undefined): number | null {
  const context: unknown = message === undefined ? null : Reflect.get(message, 'batchContext');
  const epoch: unknown = Reflect.get(Object(context), 'partitionLeaderEpoch');
  return typeof epoch === 'number' ? epoch : null;
}
