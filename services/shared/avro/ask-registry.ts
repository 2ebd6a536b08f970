import { askRegistry, type RegistrySecurity } from './registry-request.ts';

/** The `error_code`s for a missing subject, version or schema in the APIs of Confluent, Apicurio and Redpanda. */
const NOT_FOUND: ReadonlySet<unknown> = new Set([40401, 40402, 40403]);

/** A schema as the registry stores it: its text, in the language that `schemaType` names, and the schemas it refers to. */
export type RegisteredSchema = Readonly<{
  schemaType: string;
  schema: string;
  references: readonly Readonly<{ subject: string; version: number }>[];
}>;

/** The response did not come from a registry, or came from one that cannot answer now. */
class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
  readonly status: number;

  constructor(status: number) {
    super(`HTTP ${status}, and not the registry’s own answer`);
    this.status = status;
  }
}

/**
 * The schema at a path of the registry, or null if the registry itself says that it has none; a 404 from a proxy or from an unrelated server does not count.
 * Rejects if there is no answer. This is the one place that tells an outage from a record with a wrong schema id.
 */
export async function askForSchema(
  url: string,
  path: string,
  security: RegistrySecurity,
): Promise<RegisteredSchema | null> {
  const { status, body } = await askRegistry(`${url.replace(/\/$/, '')}${path}`, security);
  const answer = membersOf(body);
  if (status === 404 && NOT_FOUND.has(answer.error_code)) return null;
  if (status !== 200 || typeof answer.schema !== 'string') throw new NoAnswerError(status);
  const { schemaType = 'AVRO', schema, references = [] } = answer;
  return { schemaType: String(schemaType ?? 'AVRO'), schema, references: Array.isArray(references) ? references : [] };
}

/** Empty if the body is not a JSON object. */
function membersOf(body: string): Readonly<Record<string, unknown>> {
  try {
    return { ...JSON.parse(body) };
  } catch {
    return {};
  }
}
