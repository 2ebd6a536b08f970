import type { Schema } from 'avsc';
import type { Registry } from '../../services/shared/avro/registry.ts';

/** A registry in memory, for tests of what becomes of bytes. Compatibility is tested against the real one. */
export function localRegistry(): Registry {
  const schemas: Schema[] = [];
  return {
    register: async (_subject, schema) => schemas.push(schema),
    schemaById: async (id) => schemas[id - 1] ?? null,
  };
}
