import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import avro, { type Schema, type Type } from 'avsc';
import { boundItems } from './bounded-items.ts';

const schemasDirectory = join(import.meta.dirname, '../../../schemas');

/** The schemas in schemas/, by file name without its ending. */
export type SchemaName = 'call-log' | 'voicemail' | 'user-call-metrics' | 'call-metrics-state' | 'call-metrics-seen';

/** The JSON of a schema file. */
export function readSchema(name: SchemaName): Schema {
  return JSON.parse(readFileSync(join(schemasDirectory, `${name}.avsc`), 'utf8'));
}

/**
 * The avsc type of a schema. Branches of unions are always wrapped (`{ 'full.Name': value }`), because avsc's default
 * wraps only where a union is ambiguous, so that the shape in memory would depend on the schema.
 */
export function avroType(schema: Schema): Type {
  boundItems();
  return avro.Type.forSchema(schema, { wrapUnions: 'always' });
}

/** The same for schemas that write the same bytes under the same names (hexadecimal). Null: it is no Avro schema. */
export function schemaFingerprint(schema: Schema): string | null {
  try {
    return avroType(schema).fingerprint().toString('hex');
  } catch {
    return null;
  }
}
