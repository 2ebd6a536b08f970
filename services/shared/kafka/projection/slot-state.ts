import type { PositionOutsideLogError } from '../log-identity/assert-in-log.ts';
import type { SlotPhase, SlotStatus } from './task-slot.ts';

/** The status of a slot, and the inputs whose next records have to wait. */
export type SlotState = Readonly<{
  status: () => SlotStatus;
  enter: (phase: SlotPhase, problem?: string | null) => void;
  /** Enters `stopped`; `outside` is null unless the position is the reason. */
  stop: (problem: string, outside: PositionOutsideLogError | null) => void;
  hold: (topic: string, reason: string | null) => void;
  isHeld: (topic: string) => boolean;
  releaseAll: () => void;
}>;

export function createSlotState(partition: number, now: () => number): SlotState {
  let status: SlotStatus = { partition, phase: 'fencing', sinceMs: now(), problem: null };
  /** By topic, the reason. */
  const held = new Map<string, string>();

  const enter = (phase: SlotPhase, problem: string | null = null): void => {
    const isUnchanged = (phase === 'running') === (status.phase === 'running');
    status = { partition, phase, sinceMs: isUnchanged ? status.sinceMs : now(), problem };
  };
  return {
    status: () => status,
    enter,
    stop: (problem, outside) => {
      enter('stopped', problem);
      if (outside !== null) status = { ...status, outside };
    },
    hold: (topic, reason) => {
      if (reason === null) held.delete(topic);
      else held.set(topic, reason);
      const [first] = held.values();
      if (first !== undefined) enter('waiting', first);
      else if (status.phase === 'waiting') enter('running');
    },
    isHeld: (topic) => held.has(topic),
    releaseAll: () => held.clear(),
  };
}
