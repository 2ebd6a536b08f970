import type { Consumer } from 'kafkajs';
import type { Task } from '../../projection/task.ts';

/** Makes kafkajs fetch this input from the task's position. */
export const seekToPosition = (consumer: Pick<Consumer, 'seek'>, topic: string, partition: number, task: Task): void =>
  consumer.seek({ topic, partition, offset: String(task.positions()[topic] ?? 0) });
