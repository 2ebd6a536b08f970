import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import avro, { type Schema, type Type } from 'avsc';
import type { SchemaName } from '../call-events/topics.ts';
import { boundItems } from './bounded-items.ts';

const schemasDirectory = join(import.meta.dirname, '../../../schemas');

export function readSchema(name: SchemaName): Schema {
  return JSON.parse(readFileSync(join(schemasDirectory, `${name}.avsc`), 'utf8'));
}

/**
 * The avsc type of a schema. Union branches are always wrapped (`{ 'full.Name': value }`): avsc by default wraps only ambiguous unions, so the shape in memory
 * would depend on the schema.
 */
export function avroType(schema: Schema): Type {
  boundItems();
  return avro.Type.forSchema(schema, { wrapUnions: 'always' });
}

/** Equal for schemas that write the same bytes under the same names. Hexadecimal; null if it is not an Avro schema. */
export function schemaFingerprint(schema: Schema): string | null {
  try {
    return avroType(schema).fingerprint().toString('hex');
  } catch {
    return null;
  }
}
