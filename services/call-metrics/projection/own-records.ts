import type { Decoded, Reader, Undecodable } from '../../shared/avro/reader.ts';
import type { CommittedRecord } from '../../shared/projection/records.ts';

/** Why a record of the table, the state or the seen ids is ignored: no task of call-metrics wrote it, or it is unreadable. */
export type LeftOutReason =
  | Undecodable
  | 'no-value'
  | 'not-transactional'
  | 'unreadable-batch'
  | 'wrong-key'
  | 'wrong-partition';

/** What a record turned out to be. `damage`: a task may have written it, and it is unreadable. */
export type ReadOwn<T> =
  | Readonly<{ kind: 'read'; value: T }>
  | Readonly<{ kind: 'removed' }>
  | Readonly<{ kind: 'foreign'; reason: LeftOutReason }>
  | Readonly<{ kind: 'damage'; reason: LeftOutReason }>;

type Rules<T> = Readonly<{
  reader: Pick<Reader<T>, 'decode'>;
  /** Whether a task would give a record this key. */
  isOwnKey: (key: string) => boolean;
  /** Why a task cannot have written this value under its key; null if it can. */
  problemOf: (value: T) => LeftOutReason | null;
}>;

/** Takes one record of one of the own topics. Returns why it was left out, or null if it was not. */
export type Put = (record: CommittedRecord) => LeftOutReason | null;

/** Whether it is worth fetching the schema of the record's value from the registry. */
export const isWritten = ({ transactional = true, unreadable = null, value }: CommittedRecord): boolean =>
  transactional && unreadable === null && value !== null;

/**
 * Reads a record of an own topic. Tasks and rebuilds only write in transactions, under their own keys and in the wire
 * format: anything else is foreign and was never part of the committed state. An unreadable record that a task may have
 * written is damage: what was read before it is out of date.
 */
export function readOwn<T>(record: CommittedRecord, { reader, isOwnKey, problemOf }: Rules<T>): ReadOwn<T> {
  const { key, value, transactional = true, unreadable = null } = record;
  const foreign = (reason: LeftOutReason) => ({ kind: 'foreign', reason }) as const;
  if (!transactional) return foreign('not-transactional');
  if (unreadable !== null) return { kind: 'damage', reason: 'unreadable-batch' };
  if (!isOwnKey(key)) return foreign('wrong-key');
  if (value === null) return { kind: 'removed' };
  const decoded: Decoded<T> = reader.decode(value);
  if (!decoded.ok) {
    return decoded.reason === 'not-wire-format'
      ? foreign('not-wire-format')
      : { kind: 'damage', reason: decoded.reason };
  }
  const problem = problemOf(decoded.value);
  return problem === null ? { kind: 'read', value: decoded.value } : foreign(problem);
}

/** The rules of a topic whose records have the partition's number as key. */
export const partitionKeyed = (partition: number) => ({
  isOwnKey: (key: string) => key === String(partition),
  problemOf: () => null,
});

/** Where a damaged record is, for a message. */
export const damagedPlace = ({ topic, partition, offset }: CommittedRecord, reason: LeftOutReason): string =>
  `record ${offset} of ${topic}, partition ${partition} (${reason})`;
