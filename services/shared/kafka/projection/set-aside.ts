import type { Consumer } from 'kafkajs';
import type { Logger } from '../../observability/logger.ts';
import { summaryOf } from '../../observability/summarise.ts';
import type { Task } from '../../projection/task.ts';
import { seekToPosition } from './seek-to-position.ts';
import type { TaskSlot } from './task-slot.ts';

type Options = Readonly<{
  consumer: Pick<Consumer, 'pause' | 'resume' | 'seek'>;
  slots: ReadonlyMap<number, TaskSlot>;
  isStopping: () => boolean;
  logger: Logger;
}>;

/**
 * Fetches nothing more of this input's partition until `work` is done, while the other partitions go on; then fetches from the task's position.
 * `work` never rejects.
 */
export type SetAside = (topic: string, slot: TaskSlot, task: Task, reason: string, work: Promise<void>) => void;

export const createSetAside =
  ({ consumer, slots, isStopping, logger }: Options): SetAside =>
  (topic, slot, task, reason, work) => {
    const { partition } = slot.status();
    if (slot.task() !== task) return;
    consumer.pause([{ topic, partitions: [partition] }]);
    slot.hold(topic, reason);
    summaryOf(logger).warn('partition-waits', reason, { topic, partition, reason });
    void work.then(() => {
      if (isStopping() || slots.get(partition) !== slot || slot.task() !== task) return;
      slot.hold(topic, null);
      seekToPosition(consumer, topic, partition, task);
      consumer.resume([{ topic, partitions: [partition] }]);
      logger.info('partition-goes-on', { topic, partition });
    });
  };
