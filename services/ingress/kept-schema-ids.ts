import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { readSchema, schemaFingerprint } from '../shared/avro/avro-type.ts';
import type { EventKind } from '../shared/call-events/topics.ts';
import { syncDirectory } from '../shared/spool/sync-directory.ts';
import { type DealtId, eventKinds, type SchemaIds, schemaOfEvent } from './create-encoders.ts';

const KeptId = Type.Object({
  kind: Type.Union([Type.Literal('callLog'), Type.Literal('voicemail')]),
  prefix: Type.String(),
  id: Type.Integer(),
  /** SHA-256 of the schema's text, words included: the registry may give each text an id of its own. */
  text: Type.String(),
  fingerprint: Type.String(),
});
type KeptId = Static<typeof KeptId>;
const Kept = Type.Object({ schemaIds: Type.Array(KeptId) });

/**
 * Every id that the registry ever gave schemas of ours, kept beside the spool: a start needs no registry, and a registry that lost one of them is told from the
 * one that the log was written with. It grows by one with each change of a schema. Each function throws where the file is there and the disk does not give it.
 */
export type KeptSchemaIds = Readonly<{
  read: () => Readonly<{
    /** All ids of this topic prefix, those of schemas of other releases too. */
    dealt: readonly DealtId[];
    /** The ids of the schemas of this release. Null: none is kept. */
    current: Readonly<Record<EventKind, number | null>>;
  }>;
  add: (ids: SchemaIds) => Promise<void>;
}>;

export function keptSchemaIds(directory: string, topicPrefix: string): KeptSchemaIds {
  const path = join(directory, 'schema-ids.json');
  return {
    read: () => {
      const dealt = read(path).filter(({ prefix }) => prefix === topicPrefix);
      const idOf = (kind: EventKind): number | null =>
        dealt.find((one) => one.kind === kind && one.text === textOf(kind))?.id ?? null;
      return { dealt, current: { callLog: idOf('callLog'), voicemail: idOf('voicemail') } };
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

/** What is broken is not there: the registry is asked then, and its ids are kept. Throws where the disk does not give the file. */
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
    throw new Error(`Cannot read the schema ids in ${path}, so those of the registry are not checked against them`, {
      cause: error,
    });
  }
}

function entryOf(kind: EventKind, prefix: string, id: number): KeptId {
  const fingerprint = schemaFingerprint(readSchema(schemaOfEvent[kind]));
  if (fingerprint === null) throw new Error(`${schemaOfEvent[kind]}.avsc is no Avro schema`);
  return { kind, prefix, id, text: textOf(kind), fingerprint };
}

const textOf = (kind: EventKind): string =>
  createHash('sha256')
    .update(JSON.stringify(readSchema(schemaOfEvent[kind])))
    .digest('hex');
