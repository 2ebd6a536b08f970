import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { type Agent, request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';

/** `error_code` of the Confluent API, and of Apicurio's and Redpanda's: no such subject, version or schema. */
const NOT_FOUND: ReadonlySet<unknown> = new Set([40401, 40402, 40403]);
const ANSWER_WITHIN_MS = 15_000;

export type RegistrySecurity = Readonly<{ auth?: Readonly<{ username: string; password: string }>; agent?: Agent }>;

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
export async function askForSchema(
  url: string,
  path: string,
  { auth, agent }: RegistrySecurity,
): Promise<KeptSchema | null> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  const asked = request(`${url.replace(/\/$/, '')}${path}`, {
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    ...(auth === undefined ? {} : { auth: `${auth.username}:${auth.password}` }),
    ...(agent === undefined ? {} : { agent }),
  });
  asked.end();
  const [answer]: IncomingMessage[] = await once(asked, 'response');
  if (answer === undefined) throw new NoAnswerError(0);
  const said = membersOf(await text(answer));
  const { statusCode: status = 0 } = answer;
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
