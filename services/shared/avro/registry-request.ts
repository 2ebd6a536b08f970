import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { type Agent, request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';

const ANSWER_WITHIN_MS = 15_000;

/** Login and trusted authority of a registry. */
export type RegistrySecurity = Readonly<{
  auth?: Readonly<{ username: string; password: string }>;
  agent?: Agent;
}>;

export type RegistryAnswer = Readonly<{ status: number; body: string }>;

/** Asks a registry what its client has no call for. Rejects where there is no answer within 15 s. */
export async function askRegistry(
  url: string,
  { auth, agent }: RegistrySecurity,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string | Uint8Array } = {},
): Promise<RegistryAnswer> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  const asked = request(url, {
    method,
    headers,
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    ...(auth === undefined ? {} : { auth: `${auth.username}:${auth.password}` }),
    ...(agent === undefined ? {} : { agent }),
  });
  asked.end(body);
  const [answer]: IncomingMessage[] = await once(asked, 'response');
  return answer === undefined ? { status: 0, body: '' } : { status: answer.statusCode ?? 0, body: await text(answer) };
}
