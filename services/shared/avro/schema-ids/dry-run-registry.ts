import type { Schema } from 'avsc';
import type { CheckedRegistry } from './checked-registry.ts';

/** The largest id of the Confluent wire format. Registries count up from 1. */
const MAX_ID = 2 ** 31 - 1;

/**
 * The same registry for a dry run: nothing is registered. A schema that the log knows keeps its id; any other gets an id that only this process knows, so values
 * encoded with it can be compared but must not be published.
 */
export function dryRunRegistry(registry: CheckedRegistry): CheckedRegistry {
  const invented = new Map<number, Schema>();
  return {
    ...registry,
    register: async (subject, schema) => {
      const written = registry.writtenId(subject, schema);
      if (written !== null) return written;
      const id = MAX_ID - invented.size;
      invented.set(id, schema);
      return id;
    },
    schemaById: async (id) => invented.get(id) ?? registry.schemaById(id),
  };
}
