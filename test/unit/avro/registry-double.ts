import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A registry over HTTP as it is asked by us, and what lies before it on a bad day. */
export type RegistryDouble = Readonly<{
  url: string;
  /** The schemas it has, by id: change it as the day has it. */
  schemas: Map<number, string>;
  /** Other answers than those it would give, by path. */
  answers: Map<string, Readonly<{ status?: number; body: unknown }>>;
  /** Requests so far, as `GET /schemas/ids/1`. */
  asked: readonly string[];
  /** The login of each request, as its header has it. */
  logins: readonly (string | undefined)[];
  answerWith: (manner: Manner) => void;
  stop: () => Promise<void>;
}>;

/** `page`: a proxy's 404 in HTML. `gateway`: a gateway's 404 in JSON, without the code of a registry. */
type Manner = 'registry' | 'page' | 'gateway' | 'silence';

export async function startRegistryDouble(): Promise<RegistryDouble> {
  const schemas = new Map<number, string>();
  const answers: RegistryDouble['answers'] = new Map();
  const configured = new Set<string>();
  const asked: string[] = [];
  const logins: (string | undefined)[] = [];
  let manner: Manner = 'registry';

  const idOf = (schema: string): number => {
    for (const [id, known] of schemas) if (known === schema) return id;
    const id = Math.max(0, ...schemas.keys()) + 1;
    schemas.set(id, schema);
    return id;
  };
  const registry = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const other = answers.get(request.url ?? '');
    if (other !== undefined) return json(response, other.status ?? 200, other.body);
    const [, resource = '', name = '', last = ''] = (request.url ?? '').split('/');
    if (resource === 'schemas') {
      const schema = schemas.get(Number(last));
      if (schema === undefined) return json(response, 404, { error_code: 40403, message: 'Schema not found' });
      return json(response, 200, { schema });
    }
    if (resource === 'config') {
      if (request.method === 'PUT') configured.add(name);
      if (!configured.has(name)) return json(response, 404, { error_code: 40401, message: 'Subject not found' });
      return json(response, 200, { compatibilityLevel: 'FULL_TRANSITIVE' });
    }
    json(response, 200, { id: idOf(JSON.parse(await text(request)).schema) });
  };
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    logins.push(request.headers.authorization);
    if (manner === 'page')
      response.writeHead(404, { 'content-type': 'text/html' }).end('<html><h1>404 Not Found</h1></html>');
    else if (manner === 'gateway') json(response, 404, { message: 'no Route matched with those values' });
    else if (manner === 'registry') void registry(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    schemas,
    answers,
    asked,
    logins,
    answerWith: (next) => {
      manner = next;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(JSON.stringify(body));
}
