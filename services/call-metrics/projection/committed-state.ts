import type { CallMetricsState } from '../../shared/call-events/avro-types.generated.ts';
import type { Codecs } from './codecs.ts';
import { damagedPlace, type Put, partitionKeyed, readOwn } from './own-records.ts';

/** The committed state of one partition. */
export type CommittedState = Readonly<{
  put: Put;
  /** Null before the task's first commit. */
  current: () => CallMetricsState | null;
  /** The place of a damaged record that no newer state has replaced; null if there is none. */
  damage: () => string | null;
}>;

export function createCommittedState(partition: number, reader: Codecs['state']['reader']): CommittedState {
  let state: CallMetricsState | null = null;
  let damage: string | null = null;
  return {
    put: (record) => {
      const read = readOwn<CallMetricsState>(record, { reader, ...partitionKeyed(partition) });
      if (read.kind === 'foreign') return read.reason;
      if (read.kind === 'removed') return 'no-value';
      damage = read.kind === 'damage' ? damagedPlace(record, read.reason) : null;
      if (read.kind === 'damage') return read.reason;
      state = read.value;
      return null;
    },
    current: () => state,
    damage: () => damage,
  };
}
