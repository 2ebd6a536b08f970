import type { Schema } from 'avsc';
import { schemaFingerprint } from '../avro-type.ts';
import { type Registry, RegistryError } from '../registry.ts';
import { SchemaIdsError } from './schema-ids-error.ts';
import type { SchemaIdLog, WrittenId } from './written-id.ts';

/** A registry that is as the log was written. What the log says of an id goes before what the registry says. */
export type CheckedRegistry = Registry &
  Readonly<{
    /** Whether the log says which ids records of this subject have. If not, only the registry knows: an older release wrote them. */
    isWritten: (subject: string) => boolean;
    /** The id under which the log has this text of this subject; null where the log has none. */
    writtenId: (subject: string, schema: Schema) => number | null;
  }>;

/** Ids that the log does not know may come in any number, from other tools: they do not make it be read more often than this. */
const READ_EVERY_MS = 5_000;

/**
 * Holds a registry against the log before anything is registered. `register` gives only ids that mean in the log what they mean in the registry, and makes them
 * known to the log before a record can have them. Throws SchemaIdsError where they differ, RegistryError where the registry is unavailable, and what Kafka says.
 */
export async function checkRegistry(
  registry: Registry,
  log: SchemaIdLog,
  url: string,
  monotonicMs = () => performance.now(),
): Promise<CheckedRegistry> {
  let written = await log.read();
  const problems = await differences(registry, written);
  if (problems.length > 0) throw new SchemaIdsError(url, problems);

  let readAtMs = Number.NEGATIVE_INFINITY;
  /** Another process may have begun to write with further ids since this one read the log. */
  const readAgain = async (): Promise<void> => {
    const nowMs = monotonicMs();
    if (nowMs - readAtMs < READ_EVERY_MS) return;
    written = await log.read().catch((error: unknown) => {
      throw new RegistryError('Could not read which schema ids the log was written with', { cause: error });
    });
    readAtMs = nowMs;
  };
  const meaningOf = (id: number): Schema | null => {
    const known = written.find((one) => one.id === id);
    return known === undefined ? null : JSON.parse(known.schema);
  };
  const idsOf = (subject: string, text: string): readonly number[] =>
    written.flatMap((one) => (one.subject === subject && one.schema === text ? [one.id] : []));
  return {
    writtenId: (subject, schema) => idsOf(subject, JSON.stringify(schema))[0] ?? null,
    isWritten: (subject) => written.some((one) => one.subject === subject),
    register: async (subject, schema) => {
      const text = JSON.stringify(schema);
      const id = await registry.register(subject, schema);
      const before = idsOf(subject, text).find((one) => one !== id);
      if (before !== undefined)
        throw new SchemaIdsError(url, [`${subject} was written with id ${before}, and gets ${id} there`]);
      const other = written.find((one) => one.id === id && !isSame(one, schema));
      if (other !== undefined) throw new SchemaIdsError(url, [another(other)]);
      const added = { subject, id, schema: text };
      await log.add(added);
      written = [...written, added];
      return id;
    },
    schemaById: async (id) => {
      const known = meaningOf(id);
      if (known !== null) return known;
      await readAgain();
      return meaningOf(id) ?? registry.schemaById(id);
    },
  };
}

/** How the registry is not as the log was written, a line each. It asks only. Throws RegistryError. */
export async function differences(
  registry: Pick<Registry, 'schemaById'>,
  written: readonly WrittenId[],
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const one of written) {
    const there = await registry.schemaById(one.id);
    if (there === null) problems.push(`it has no schema ${one.id}, with which ${one.subject} was written`);
    else if (!isSame(one, there)) problems.push(another(one));
  }
  return problems;
}

const isSame = (written: WrittenId, schema: Schema): boolean =>
  schemaFingerprint(schema) === schemaFingerprint(JSON.parse(written.schema));

const another = ({ subject, id }: WrittenId): string =>
  `schema ${id} is another there than ${subject} was written with`;
