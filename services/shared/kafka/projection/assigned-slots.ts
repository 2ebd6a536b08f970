import type { TaskSlot } from './task-slot.ts';

/** The slots of the partitions that this member has, and those that are still closing. */
export type AssignedSlots = Readonly<{
  slots: ReadonlyMap<number, TaskSlot>;
  /** Keeps the slots of these partitions, closes all others and opens the missing ones. */
  assign: (partitions: ReadonlySet<number>) => void;
  /** Resolves once an earlier slot of the partition has closed: only then may the next one fence. */
  closed: (partition: number) => Promise<void>;
  closeAll: () => Promise<void>;
}>;

type Options = Readonly<{
  open: (partition: number) => TaskSlot;
  onRevoked: (partition: number) => void;
  onClosed: (partition: number) => void;
}>;

export function createAssignedSlots({ open, onRevoked, onClosed }: Options): AssignedSlots {
  const slots = new Map<number, TaskSlot>();
  const closings = new Map<number, Promise<void>>();

  const revoke = (partition: number, slot: TaskSlot): void => {
    slots.delete(partition);
    onRevoked(partition);
    const closing = slot.close().finally(() => {
      onClosed(partition);
      if (closings.get(partition) === closing) closings.delete(partition);
    });
    closings.set(partition, closing);
  };
  return {
    slots,
    assign: (partitions) => {
      for (const [partition, slot] of slots) {
        if (partitions.has(partition)) slot.keep();
        else revoke(partition, slot);
      }
      for (const partition of partitions) if (!slots.has(partition)) slots.set(partition, open(partition));
    },
    closed: async (partition) => closings.get(partition),
    closeAll: async () => {
      await Promise.all([...[...slots.values()].map((slot) => slot.close()), ...closings.values()]);
    },
  };
}
