import type { Decoded, Reader, Undecodable } from '../shared/avro/reader.ts';
import type { CommittedRecord } from '../shared/projection/records.ts';

/** Why a record of the table, the state or the seen ids is left out: no task of call-metrics wrote it, or nobody can read it. */
export type LeftOutReason =
  | Undecodable
  | 'no-value'
  | 'not-transactional'
  | 'unreadable-batch'
  | 'wrong-key'
  | 'wrong-partition';

/** What became of a record. `damage`: a task may have written it, and it cannot be read. */
export type ReadOwn<T> =
  | Readonly<{ kind: 'read'; value: T }>
  | Readonly<{ kind: 'removed' }>
  | Readonly<{ kind: 'foreign'; reason: LeftOutReason }>
  | Readonly<{ kind: 'damage'; reason: LeftOutReason }>;

type Rules<T> = Readonly<{
  reader: Pick<Reader<T>, 'decode'>;
  /** Whether a task would give a record this key. */
  isOwnKey: (key: string) => boolean;
  /** Why a value that was read cannot be a task's under its key; null where it can. */
  problemOf: (value: T) => LeftOutReason | null;
}>;

/** Whether the value's schema is worth asking the registry for. */
export const isWritten = ({ transactional = true, unreadable = null, value }: CommittedRecord): boolean =>
  transactional && unreadable === null && value !== null;

/**
 * Reads a record of an own topic. Tasks and rebuilds write in transactions only, under their own keys and in the wire format: anything else is foreign, and never
 * was part of what is committed. What may be a task's and cannot be read is damage, as without it what was read before is out of date.
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
