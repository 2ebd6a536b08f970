import type { Schema } from 'avsc';
import type { CheckedRegistry } from './checked-registry.ts';

/** The largest id of the Confluent wire format. Registries count up from 1. */
const MAX_ID = 2 ** 31 - 1;

/**
 * The same registry for a dry run: it registers nothing. A schema that the log knows has its id there; any other has one of this process alone, so that what is
 * encoded with it can be compared, and must not be published.
 */
export function askingOnly(registry: CheckedRegistry): CheckedRegistry {
  const made = new Map<number, Schema>();
  return {
    ...registry,
    register: async (subject, schema) => {
      const written = registry.writtenId(subject, schema);
      if (written !== null) return written;
      const id = MAX_ID - made.size;
      made.set(id, schema);
      return id;
    },
    schemaById: async (id) => made.get(id) ?? registry.schemaById(id),
  };
}
