import type { Consumer, Kafka } from 'kafkajs';
import type { Logger } from '../../observability/logger.ts';
import type { RefusedError } from '../../projection/projection.ts';
import type { TargetRecord } from '../../projection/records.ts';
import { fence } from '../transactions/transactional-writer.ts';
import type { AssignedSlots } from './assigned-slots.ts';
import { createMembership } from './membership.ts';
import { offsetPublisher } from './offset-publisher.ts';
import { openSlot } from './open-slot.ts';
import type { ProjectionObserver, ProjectionSettings } from './projection-options.ts';
import type { TaskLogs } from './task-logs.ts';
import type { TaskSlot } from './task-slot.ts';
import { timed } from './timed.ts';

type Options = Readonly<{
  kafka: Kafka;
  consumer: Consumer;
  inputs: readonly string[];
  logs: TaskLogs;
  /** The slots of this member. A function, because those slots are opened by what is created here. */
  assigned: () => AssignedSlots;
  noTransactionOpen: (partition: number, wanted: () => boolean) => Promise<void>;
  refused: (error: RefusedError) => void;
  isStopping: () => boolean;
  settings: ProjectionSettings;
  observer: ProjectionObserver;
  logger: Logger;
}>;

/** Opens slots whose tasks fence, restore, fetch and commit on Kafka. */
export function createSlotOpener(options: Options): (partition: number) => TaskSlot {
  const { kafka, consumer, inputs, logs, assigned, isStopping, settings, observer } = options;
  const membership = createMembership(consumer);
  const publishOffsets = offsetPublisher(consumer, inputs);

  return (partition) =>
    openSlot({
      partition,
      fence: async () => {
        await assigned().closed(partition);
        const writer = await fence(kafka, `${settings.transactionalIdPrefix}${partition}`, partition);
        const commit = timed(
          (records: readonly TargetRecord[]) => writer.commit(records, () => logs.assertSame(partition)),
          observer.commitDuration,
        );
        return { ...writer, commit };
      },
      restore: logs.restore,
      confirmedMember: async () => {
        await membership.confirmed();
        await options.noTransactionOpen(partition, () => !isStopping());
      },
      fetchFrom: (_partition, positions) => {
        if (isStopping()) return;
        const free = inputs.filter((topic) => !assigned().slots.get(partition)?.isHeld(topic));
        for (const topic of free) consumer.seek({ topic, partition, offset: String(positions[topic] ?? 0) });
        consumer.resume(free.map((topic) => ({ topic, partitions: [partition] })));
      },
      pause: () => {
        if (!isStopping()) consumer.pause(inputs.map((topic) => ({ topic, partitions: [partition] })));
      },
      refused: options.refused,
      limits: settings.limits,
      observer: {
        ...observer,
        onCommit: (records, positions) => {
          observer.onCommit(partition, records, positions);
          if (!isStopping()) publishOffsets(partition, positions);
        },
      },
      logger: options.logger,
      now: () => performance.now(),
    });
}
