import type { Schema } from 'avsc';
import { schemaFingerprint } from '../avro-type.ts';
import { type Registry, RegistryError } from '../registry.ts';
import { SchemaIdsError } from './schema-ids-error.ts';
import type { SchemaIdLog, WrittenId } from './written-id.ts';

/** A registry that agrees with the log. If the log knows the meaning of an id, that meaning wins over the registry's. */
export type CheckedRegistry = Registry &
  Readonly<{
    /** Whether the log knows the ids of this subject's records. If not, an older release wrote them, and only the registry knows. */
    isWritten: (subject: string) => boolean;
    /** The id that the log has for this schema text of this subject. Null if it has none. */
    writtenId: (subject: string, schema: Schema) => number | null;
  }>;

/** Other tools may write any number of ids that the log does not know: the log is read at most this often because of them. */
const MIN_READ_INTERVAL_MS = 5_000;

/**
 * Compares a registry with the log before anything is registered. `register` returns only ids with the same meaning in the log and in the registry, and writes
 * them to the log before any record can use them. Throws SchemaIdsError if the two differ, RegistryError if the registry is unavailable, and Kafka's own errors.
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
  /** Another process may have started to write with new ids since this one last read the log. */
  const readAgain = async (): Promise<void> => {
    const nowMs = monotonicMs();
    if (nowMs - readAtMs < MIN_READ_INTERVAL_MS) return;
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

/** Where the registry differs from the log, one text per difference. Registers nothing. Throws RegistryError. */
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
