import { ClassicLevel } from 'classic-level';
import type { OutgoingRecord } from '../kafka/publisher/outgoing-record.ts';

/** A record in the spool, at its place in the order of arrival. */
export type SpooledRecord = Readonly<{ sequence: number; record: OutgoingRecord; bytes: number; storedAtMs: number }>;

/** Records on disk, in order. A LevelDB database in a folder that no other process has open. */
export type SpoolStore = Readonly<{
  /** Writes all of them and waits until the disk has them (fsync). Rejects where the disk fails; then none is there. */
  append: (records: readonly SpooledRecord[]) => Promise<void>;
  /** The oldest records but those with the sequences `except`, at most `limit`. */
  oldest: (limit: number, except: ReadonlySet<number>) => Promise<readonly SpooledRecord[]>;
  /** Forgets records. A crash right after it may bring some back: they are sent twice then. */
  remove: (sequences: readonly number[]) => Promise<void>;
  /** All records, one after the other, without keeping them in memory. */
  all: () => AsyncIterable<SpooledRecord>;
  close: () => Promise<void>;
}>;

type Stored = Readonly<{
  topic: string;
  partition: number;
  key: string | null;
  value: string | null;
  headers: Readonly<Record<string, string>>;
  bytes: number;
  storedAtMs: number;
}>;

/** Opens the store, and creates it where there is none. Rejects where the folder cannot be written or is in use. */
export async function openSpoolStore(directory: string): Promise<SpoolStore> {
  const db = new ClassicLevel<string, Stored>(directory, { valueEncoding: 'json' });
  try {
    await db.open();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Error(`The spool in ${directory} cannot be opened (SPOOL_DIRECTORY): ${cause}`, { cause: error });
  }
  return {
    append: (records) =>
      db.batch(
        records.map((one) => ({ type: 'put', key: keyOf(one.sequence), value: toStored(one) })),
        { sync: true },
      ),
    oldest: async (limit, except) => {
      const found = (await db.iterator({ limit: limit + except.size }).all()).map(fromStored);
      return found.filter(({ sequence }) => !except.has(sequence)).slice(0, limit);
    },
    remove: (sequences) => db.batch(sequences.map((sequence) => ({ type: 'del', key: keyOf(sequence) }))),
    all: async function* () {
      for await (const entry of db.iterator()) yield fromStored(entry);
    },
    close: () => db.close(),
  };
}

/** LevelDB orders keys as bytes: so numbers are written with leading zeros. */
const keyOf = (sequence: number): string => String(sequence).padStart(16, '0');

function toStored({ record, bytes, storedAtMs }: SpooledRecord): Stored {
  return { ...record, value: record.value?.toString('base64') ?? null, bytes, storedAtMs };
}

function fromStored([key, { topic, partition, key: recordKey, value, headers, bytes, storedAtMs }]: [
  string,
  Stored,
]): SpooledRecord {
  const record = {
    topic,
    partition,
    key: recordKey,
    value: value === null ? null : Buffer.from(value, 'base64'),
    headers,
  };
  return { sequence: Number(key), record, bytes, storedAtMs };
}
