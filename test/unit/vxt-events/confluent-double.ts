import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/**
 * What Confluent's documentation says of mode IMPORT ("Migrate Schemas"): a subject takes given ids only in that mode, goes into it only while it is empty or by
 * force, and an id is never given to another schema.
 */
export type ConfluentDouble = Readonly<{
  url: string;
  /** The schemas it has, by id. */
  schemas: Map<number, string>;
  /** The ids of each subject, in the order of their versions. */
  subjects: Map<string, number[]>;
  modes: Map<string, string>;
  /** Compatibility levels by subject. */
  levels: Map<string, string>;
  /** Ids that it refuses to take. */
  refused: Set<number>;
  /** Requests so far that change something. */
  changes: readonly string[];
  /** False: the registry does not allow another mode (`mode.mutability=false`). */
  allowMode: (allowed: boolean) => void;
  stop: () => Promise<void>;
}>;

export async function startConfluentDouble(): Promise<ConfluentDouble> {
  const schemas = new Map<number, string>();
  const subjects = new Map<string, number[]>();
  const modes = new Map<string, string>();
  const levels = new Map<string, string>();
  const refused = new Set<number>();
  const changes: string[] = [];
  let modeAllowed = true;

  const answer = (response: ServerResponse, status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(JSON.stringify(body));
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://registry');
    const [, resource = '', name = '', last = ''] = pathname.split('/').map(decodeURIComponent);
    const body = JSON.parse((await text(request)) || 'null');
    const ids = subjects.get(name) ?? [];
    if (request.method === 'PUT' || last === 'versions') {
      if (request.method !== 'GET') changes.push(`${request.method} ${request.url} ${body.mode ?? body.id}`);
    }
    if (resource === 'schemas') {
      const schema = schemas.get(Number(last));
      return schema === undefined ? answer(response, 404, { error_code: 40403 }) : answer(response, 200, { schema });
    }
    if (resource === 'config') {
      levels.set(name, body.compatibility);
      return answer(response, 200, body);
    }
    if (resource === 'mode') {
      if (!modeAllowed) return answer(response, 422, { error_code: 42205, message: 'Mode changes are not allowed' });
      if (body.mode === 'IMPORT' && ids.length > 0 && searchParams.get('force') !== 'true')
        return answer(response, 422, { error_code: 42205, message: 'Cannot import since found existing subjects' });
      modes.set(name, body.mode);
      return answer(response, 200, body);
    }
    if (request.method === 'GET')
      return ids.length === 0
        ? answer(response, 404, { error_code: 40401 })
        : answer(
            response,
            200,
            [...ids.keys()].map((index) => index + 1),
          );
    if (last !== 'versions') {
      const id = ids.find((one) => schemas.get(one) === body.schema);
      return id === undefined ? answer(response, 404, { error_code: 40403 }) : answer(response, 200, { id });
    }
    if (modes.get(name) !== 'IMPORT')
      return answer(response, 422, { error_code: 42205, message: 'Subject is not in import mode' });
    if (refused.has(body.id)) return answer(response, 409, { error_code: 409, message: 'Incompatible' });
    if (schemas.has(body.id) && schemas.get(body.id) !== body.schema)
      return answer(response, 422, { error_code: 42207, message: 'Overwrite new schema is not permitted' });
    if (body.version !== ids.length + 1) return answer(response, 422, { error_code: 42202 });
    schemas.set(body.id, body.schema);
    subjects.set(name, [...ids, body.id]);
    answer(response, 200, { id: body.id });
  };
  const server = createServer((request, response) => void serve(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    schemas,
    subjects,
    modes,
    levels,
    refused,
    changes,
    allowMode: (allowed) => {
      modeAllowed = allowed;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
