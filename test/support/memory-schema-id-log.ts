import type { SchemaIdLog, WrittenId } from '../../services/shared/avro/schema-ids/written-id.ts';

/** Its functions can be replaced, as Kafka has bad days. */
export type MemorySchemaIdLog = { -readonly [Name in keyof SchemaIdLog]: SchemaIdLog[Name] } & { written: WrittenId[] };

/** The topic of schema ids in memory. */
export function memorySchemaIdLog(): MemorySchemaIdLog {
  const written: WrittenId[] = [];
  return {
    written,
    read: async () => [...written],
    add: async (one) => {
      if (!written.some(({ subject, id }) => subject === one.subject && id === one.id)) written.push(one);
    },
  };
}
