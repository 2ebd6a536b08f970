import type { UserCallMetrics } from '../../shared/call-events/avro-types.generated.ts';
import { isTableKey, tableKeyOf } from '../../shared/call-events/table-key.ts';
import type { Codecs } from './codecs.ts';
import { damagedPlace, type Put, readOwn } from './own-records.ts';
import { squeeze, unsqueeze } from './zero-runs.ts';

const NO_BYTES = Buffer.alloc(0);

type Options = Readonly<{
  reader: Codecs['table']['reader'];
  /** Whether the key rule of the inputs assigns the subject to this partition. */
  isHome: (subject: UserCallMetrics['subject']) => boolean;
  /** A row of another view of this partition: an equal row shares its memory. */
  twinRow: (key: string) => string | null;
}>;

/** The committed rows of one partition of the table. */
export type CommittedRows = Readonly<{
  put: Put;
  /** The bytes in the topic; null if there is no row. */
  bytes: (key: string) => Buffer | null;
  /** The bytes in the form of `squeeze`; null if there is no row. */
  squeezed: (key: string) => string | null;
  keys: () => Iterable<string>;
  /** Incremented whenever a key is added or removed. */
  keysVersion: () => number;
  size: () => number;
  /** Rows whose newest record in the topic is a foreign one, other than those in `written`. */
  overwritten: (written: ReadonlySet<unknown>) => readonly Readonly<{ key: string; value: Buffer }>[];
  /** The place of a damaged record that no newer record of its key has replaced; null if there is none. */
  damage: () => string | null;
}>;

export function createCommittedRows({ reader, isHome, twinRow }: Options): CommittedRows {
  const rows = new Map<string, string>();
  const overwritten = new Set<string>();
  const damaged = new Map<string, string>();
  let keysVersion = 0;

  const bytes = (key: string): Buffer | null => {
    const row = rows.get(key);
    return row === undefined ? null : unsqueeze(row);
  };
  const withTwinsMemory = (key: string, row: string): string => {
    const twin = twinRow(key);
    return twin === row ? twin : row;
  };

  return {
    put: (record) => {
      const { key } = record;
      const read = readOwn<UserCallMetrics>(record, {
        reader,
        isOwnKey: isTableKey,
        problemOf: (totals) =>
          tableKeyOf(totals) !== key ? 'wrong-key' : isHome(totals.subject) ? null : 'wrong-partition',
      });
      if (read.kind === 'foreign') {
        if (rows.has(key)) overwritten.add(key);
        return read.reason;
      }
      const before = rows.size;
      overwritten.delete(key);
      damaged.delete(key);
      if (read.kind === 'read') rows.set(key, withTwinsMemory(key, squeeze(record.value ?? NO_BYTES)));
      else rows.delete(key);
      if (rows.size !== before) keysVersion += 1;
      if (read.kind !== 'damage') return null;
      damaged.set(key, damagedPlace(record, read.reason));
      return read.reason;
    },
    bytes,
    squeezed: (key) => rows.get(key) ?? null,
    keys: () => rows.keys(),
    keysVersion: () => keysVersion,
    size: () => rows.size,
    overwritten: (written) =>
      [...overwritten].flatMap((key) => (written.has(key) ? [] : [{ key, value: bytes(key) ?? NO_BYTES }])),
    damage: () => damaged.values().next().value ?? null,
  };
}
