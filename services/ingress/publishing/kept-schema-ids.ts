import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { readSchema, schemaFingerprint } from '../../shared/avro/avro-type.ts';
import { type EventKind, eventKinds, topicDefinitions, topicOfEvent } from '../../shared/call-events/topics.ts';
import { syncDirectory } from '../spool/sync-directory.ts';
import type { AssignedId, SchemaIds } from './create-encoders.ts';

const KeptId = Type.Object({
  kind: Type.Union([Type.Literal('callLog'), Type.Literal('voicemail')]),
  prefix: Type.String(),
  id: Type.Integer(),
  /** SHA-256 of the schema's text, docs included: the registry may assign an id to each text. */
  text: Type.String(),
  fingerprint: Type.String(),
});
type KeptId = Static<typeof KeptId>;
const Kept = Type.Object({ schemaIds: Type.Array(KeptId) });

/**
 * Every id that the registry ever assigned to one of our schemas, kept in a file next to the spool. With it, a start needs no registry, and a registry that has
 * lost an id is recognised. The file grows by one id per schema change. Each function throws if the file exists but cannot be read.
 */
export type KeptSchemaIds = Readonly<{
  read: () => Readonly<{
    /** All ids of this topic prefix, including those of other releases' schemas. */
    assigned: readonly AssignedId[];
    /** The ids of this release's schemas; null if none is kept. */
    current: Readonly<Record<EventKind, number | null>>;
  }>;
  add: (ids: SchemaIds) => Promise<void>;
}>;

export function keptSchemaIds(directory: string, topicPrefix: string): KeptSchemaIds {
  const path = join(directory, 'schema-ids.json');
  return {
    read: () => {
      const assigned = read(path).filter(({ prefix }) => prefix === topicPrefix);
      const idOf = (kind: EventKind): number | null =>
        assigned.find((one) => one.kind === kind && one.text === textOf(kind))?.id ?? null;
      return { assigned, current: { callLog: idOf('callLog'), voicemail: idOf('voicemail') } };
    },
    add: async (ids) => {
      const kept = read(path);
      const entries = eventKinds.map((kind) => entryOf(kind, topicPrefix, ids[kind]));
      const added = entries.filter((entry) => !kept.some((one) => Value.Equal(one, entry)));
      if (added.length > 0) await write(directory, path, [...kept, ...added]);
    },
  };
}

async function write(directory: string, path: string, schemaIds: readonly KeptId[]): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
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
}

/** Treats a corrupt file as empty: its ids are then fetched from the registry again. Throws if the file cannot be read. */
function read(path: string): readonly KeptId[] {
  const text = readText(path);
  try {
    const kept: unknown = JSON.parse(text);
    return Value.Check(Kept, kept) ? kept.schemaIds : [];
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined ? '' : readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`Cannot read the schema ids in ${path}, so the registry is not checked against them`, {
      cause: error,
    });
  }
}

function entryOf(kind: EventKind, prefix: string, id: number): KeptId {
  const fingerprint = schemaFingerprint(readSchema(schemaOf(kind)));
  if (fingerprint === null) throw new Error(`${schemaOf(kind)}.avsc is not an Avro schema`);
  return { kind, prefix, id, text: textOf(kind), fingerprint };
}

const textOf = (kind: EventKind): string =>
  createHash('sha256')
    .update(JSON.stringify(readSchema(schemaOf(kind))))
    .digest('hex');

const schemaOf = (kind: EventKind) => topicDefinitions[topicOfEvent[kind]].schema;
