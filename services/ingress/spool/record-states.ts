import { createPlaceCounts } from './place-counts.ts';
import { decodeState, encodeState, isPending, type RecordState, stateOffset } from './segment-format.ts';

type Located = Readonly<{ index: number; place: string }>;

/** The states of a segment's records in memory, in the layout of the header on disk. */
export type RecordStates = Readonly<{
  of: (index: number) => RecordState;
  /** How many records are `waiting` or `sending`, by place. */
  pending: ReadonlyMap<string, number>;
  doneCount: () => number;
  /** Sets the state of a record that is being written; it is counted by `addPending` once it is stored. */
  prepare: (index: number, state: RecordState) => void;
  addPending: (place: string) => void;
  change: (record: Located, state: RecordState) => void;
  /** The state bytes of the records from `first` to `last`, both included. */
  bytes: (first: number, last: number) => Buffer;
}>;

/** `header` is the segment's header, and changes with the states. */
export function recordStates(header: Buffer, records: readonly Located[]): RecordStates {
  const pending = createPlaceCounts();
  let done = 0;
  const of = (index: number): RecordState => decodeState(header[stateOffset(index)]);
  const prepare = (index: number, state: RecordState): void => {
    header[stateOffset(index)] = encodeState(state);
  };
  for (const { index, place } of records) {
    if (isPending(of(index))) pending.add(place, 1);
    if (of(index) === 'done') done += 1;
  }
  return {
    of,
    pending: pending.byPlace,
    doneCount: () => done,
    prepare,
    addPending: (place) => pending.add(place, 1),
    change: ({ index, place }, state) => {
      const before = of(index);
      pending.add(place, Number(isPending(state)) - Number(isPending(before)));
      done += Number(state === 'done') - Number(before === 'done');
      prepare(index, state);
    },
    bytes: (first, last) => header.subarray(stateOffset(first), stateOffset(last) + 1),
  };
}
