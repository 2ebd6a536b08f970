import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { type Agent, request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';

/** `error_code` of the Confluent API, and of Apicurio's and Redpanda's: the registry has no schema with this id. */
const SCHEMA_NOT_FOUND = 40403;
const ANSWER_WITHIN_MS = 15_000;

type Security = Readonly<{ auth?: Readonly<{ username: string; password: string }>; agent?: Agent }>;

/**
 * Whether the registry itself says that it has no schema with this id. A 404 of a proxy, or of a path that is not the registry's, does not say so. Rejects where
 * there is no answer.
 */
export async function isUnknownSchema(url: string, id: number, { auth, agent }: Security): Promise<boolean> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  const asked = request(`${url.replace(/\/$/, '')}/schemas/ids/${id}`, {
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    ...(auth === undefined ? {} : { auth: `${auth.username}:${auth.password}` }),
    ...(agent === undefined ? {} : { agent }),
  });
  asked.end();
  const [answer]: IncomingMessage[] = await once(asked, 'response');
  return answer?.statusCode === 404 && errorCodeOf(await text(answer)) === SCHEMA_NOT_FOUND;
}

function errorCodeOf(body: string): unknown {
  try {
    const said: unknown = JSON.parse(body);
    return typeof said === 'object' && said !== null && 'error_code' in said ? said.error_code : null;
  } catch {
    return null;
  }
}
