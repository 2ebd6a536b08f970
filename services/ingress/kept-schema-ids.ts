import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { readSchema } from '../shared/avro/avro-type.ts';
import type { EventKind } from '../shared/call-events/topics.ts';
import { syncDirectory } from '../shared/spool/sync-directory.ts';
import { type SchemaIds, schemaOfEvent } from './create-encoders.ts';

const Kept = Type.Object({
  schemaIds: Type.Record(
    Type.String(),
    Type.Object({ id: Type.Integer(), schema: Type.String(), prefix: Type.String() }),
  ),
});

/** The ids that the registry gave our schemas, kept beside the spool so that a start needs no registry. */
export type KeptSchemaIds = Readonly<{
  /** Null where none are kept, or only those of other schemas or of another topic prefix. */
  read: () => SchemaIds | null;
  write: (ids: SchemaIds) => Promise<void>;
}>;

export function keptSchemaIds(directory: string, topicPrefix: string): KeptSchemaIds {
  const path = join(directory, 'schema-ids.json');
  return {
    read: () => {
      const kept = parse(path);
      const idOf = (kind: EventKind): number | null => {
        const one = kept[kind];
        return one !== undefined && one.schema === fingerprint(kind) && one.prefix === topicPrefix ? one.id : null;
      };
      const [callLog, voicemail] = [idOf('callLog'), idOf('voicemail')];
      return callLog === null || voicemail === null ? null : { callLog, voicemail };
    },
    write: async (ids) => {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const entry = (kind: EventKind) => ({ id: ids[kind], schema: fingerprint(kind), prefix: topicPrefix });
      const schemaIds = { callLog: entry('callLog'), voicemail: entry('voicemail') };
      const temporary = `${path}.${process.pid}`;
      const file = await open(temporary, 'w', 0o600);
      try {
        await file.writeFile(`${JSON.stringify({ schemaIds }, null, 2)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      await syncDirectory(path);
    },
  };
}

/** What cannot be read is not there: the registry is asked then. */
function parse(path: string): Readonly<Record<string, { id: number; schema: string; prefix: string }>> {
  try {
    return Value.Parse(Kept, JSON.parse(readFileSync(path, 'utf8'))).schemaIds;
  } catch {
    return {};
  }
}

const fingerprint = (kind: EventKind): string =>
  createHash('sha256')
    .update(JSON.stringify(readSchema(schemaOfEvent[kind])))
    .digest('hex');
