import { askRegistry, type RegistrySecurity } from './registry-request.ts';

/** `error_code` of the Confluent API, and of Apicurio's and Redpanda's: no such subject, version or schema. */
const NOT_FOUND: ReadonlySet<unknown> = new Set([40401, 40402, 40403]);

/** A schema as the registry keeps it: text of the language that `schemaType` names, and what it refers to. */
export type KeptSchema = Readonly<{
  schemaType: string;
  schema: string;
  references: readonly Readonly<{ subject: string; version: number }>[];
}>;

/** What answered is not what was asked for: no registry, or one that cannot answer now. */
class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
  readonly status: number;

  constructor(status: number) {
    super(`HTTP ${status}, and not the registry’s own answer`);
    this.status = status;
  }
}

/**
 * The schema under a path of the registry, or null where the registry itself says that it has none. A 404 of a proxy, or of a path that is not the registry's,
 * does not say so. Rejects where there is no answer: that is the one place where an outage and a record that names a wrong schema are told apart.
 */
export async function askForSchema(url: string, path: string, security: RegistrySecurity): Promise<KeptSchema | null> {
  const { status, body } = await askRegistry(`${url.replace(/\/$/, '')}${path}`, security);
  const said = membersOf(body);
  if (status === 404 && NOT_FOUND.has(said.error_code)) return null;
  if (status !== 200 || typeof said.schema !== 'string') throw new NoAnswerError(status);
  const { schemaType = 'AVRO', schema, references = [] } = said;
  return { schemaType: String(schemaType ?? 'AVRO'), schema, references: Array.isArray(references) ? references : [] };
}

/** None where the body is no JSON object. */
function membersOf(body: string): Readonly<Record<string, unknown>> {
  try {
    return { ...JSON.parse(body) };
  } catch {
    return {};
  }
}
