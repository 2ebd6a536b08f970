import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { schemaFingerprint } from '../avro-type.ts';

const WrittenId = Type.Object({
  subject: Type.String(),
  /** A signed 32-bit integer, as in the Confluent wire format. */
  id: Type.Integer({ minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }),
  /** The JSON text of the schema, as it was registered. */
  schema: Type.String(),
});

/** A schema id that records of this log were written with, and the schema it meant then. */
export type WrittenId = Readonly<Static<typeof WrittenId>>;

/** The key and value of a record in the topic `schema-ids`. The key makes compaction keep each id of each subject. */
export const toRecord = (written: WrittenId): Readonly<{ key: string; value: string }> => ({
  key: `${written.subject}/${written.id}`,
  value: JSON.stringify(written),
});

/** Reads a record's value. Null if this system did not write it. */
export function fromValue(value: Buffer | null): WrittenId | null {
  try {
    const json: unknown = JSON.parse(value?.toString('utf8') ?? '');
    return Value.Check(WrittenId, json) && schemaFingerprint(JSON.parse(json.schema)) !== null ? json : null;
  } catch {
    return null;
  }
}

/** Stores the ids that a log was written with, in a topic next to it. */
export type SchemaIdLog = Readonly<{
  /** All ids, including those of other releases. Records of other tools are left out. Throws Kafka's errors. */
  read: () => Promise<readonly WrittenId[]>;
  /** Resolves once the id is durable. Adding the same id again changes nothing. Throws Kafka's errors. */
  add: (written: WrittenId) => Promise<void>;
}>;
