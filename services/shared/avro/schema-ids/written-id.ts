import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { schemaFingerprint } from '../avro-type.ts';

const WrittenId = Type.Object({
  subject: Type.String(),
  /** Of the Confluent wire format: a signed 32-bit integer. */
  id: Type.Integer({ minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }),
  /** The JSON text of the schema, as it was registered. */
  schema: Type.String(),
});

/** A schema id that records of this log were written with, and what it meant then. */
export type WrittenId = Readonly<Static<typeof WrittenId>>;

/** One record of `schema-ids`: its key, so that compaction keeps each id of each subject, and its value. */
export const toRecord = (written: WrittenId): Readonly<{ key: string; value: string }> => ({
  key: `${written.subject}/${written.id}`,
  value: JSON.stringify(written),
});

/** What a record's value says; null where it is not one of ours. */
export function fromValue(value: Buffer | null): WrittenId | null {
  try {
    const said: unknown = JSON.parse(value?.toString('utf8') ?? '');
    return Value.Check(WrittenId, said) && schemaFingerprint(JSON.parse(said.schema)) !== null ? said : null;
  } catch {
    return null;
  }
}

/** Keeps the ids that a log was written with: a topic of it. */
export type SchemaIdLog = Readonly<{
  /** All of them, those of other releases too. What another tool wrote is left out. Throws what Kafka says. */
  read: () => Promise<readonly WrittenId[]>;
  /** Resolves once it is durable. The same again changes nothing. Throws what Kafka says. */
  add: (written: WrittenId) => Promise<void>;
}>;
