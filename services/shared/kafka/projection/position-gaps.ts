import type { Consumer } from 'kafkajs';
import type { Logger } from '../../observability/logger.ts';
import type { Task } from '../../projection/task.ts';
import { LogChangedError } from '../log-identity/log-changed.ts';
import { seekToPosition } from './seek-to-position.ts';
import type { TaskSlot } from './task-slot.ts';

const MAX_GAPS = 3;

/**
 * What to do about a batch that begins after the task's position: it belongs to an earlier assignment, or kafkajs moved by itself. The input is
 * fetched again from the position; if the next batches do not fit either, the task is restored.
 */
export type PositionGaps = Readonly<{
  found: (topic: string, slot: TaskSlot, task: Task) => void;
  /** A batch was at the position. */
  closed: (topic: string, partition: number) => void;
}>;

export function createPositionGaps(consumer: Pick<Consumer, 'seek'>, logger: Pick<Logger, 'warn'>): PositionGaps {
  /** Consecutive gaps by topic and partition. */
  const counts = new Map<string, number>();
  return {
    found: (topic, slot, task) => {
      const { partition } = slot.status();
      const place = `${topic}/${partition}`;
      const count = (counts.get(place) ?? 0) + 1;
      counts.set(place, count);
      logger.warn('position-gap', { topic, partition, attempt: count });
      if (count < MAX_GAPS) {
        seekToPosition(consumer, topic, partition, task);
      } else {
        counts.delete(place);
        slot.restart(new LogChangedError(`${topic} is not read from the task’s position`));
      }
    },
    closed: (topic, partition) => counts.delete(`${topic}/${partition}`),
  };
}
