import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Identity } from './certificates.ts';

export type SecureRegistry = Readonly<{
  /** For SCHEMA_REGISTRY_URL. */
  url: string;
  /** Requests it has refused for want of a login. */
  refused: () => number;
  stop: () => Promise<void>;
}>;

/**
 * The registry at `target` behind TLS and basic authentication. Apicurio 3.0.9 asks for a login only together with an OpenID provider; a proxy before it, as
 * here, is what people without one have.
 */
export async function startSecureRegistry(
  target: string,
  { certFile, keyFile }: Identity,
  login: Readonly<{ username: string; password: string }>,
): Promise<SecureRegistry> {
  const expected = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  const to = new URL(target);
  let refused = 0;
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (asked, answer) => {
    if (asked.headers.authorization !== expected) {
      refused += 1;
      asked.resume();
      return answer.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
    }
    const { authorization: _login, host: _host, ...headers } = asked.headers;
    const options = {
      host: to.hostname,
      port: to.port,
      path: asked.url ?? '/',
      method: asked.method ?? 'GET',
      headers,
    };
    const forwarded = request(options, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    forwarded.on('error', () => answer.writeHead(502).end());
    asked.pipe(forwarded);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}${to.pathname}`,
    refused: () => refused,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
