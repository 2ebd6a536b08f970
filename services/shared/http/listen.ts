import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { IDLE_GRACE_MS, keepConnections } from './connections.ts';
import { lingerThenClose } from './linger.ts';
import { sendProblem } from './problem.ts';
import { protocolProblems, refusalOf } from './protocol-refusals.ts';
import { type OnRefused, refuseErrors } from './refuse-errors.ts';

export type Listening = Readonly<{
  /** The port it listens on: the configured one, or the one that the system chose for 0. */
  port: number;
  server: Server;
  /**
   * Accepts no new connection and lets requests in flight finish; answers say `Connection: close`. Idle connections are closed after IDLE_GRACE_MS, connections
   * still busy after `withinMs` are cut. Resolves as soon as no connection is left.
   */
  close: (withinMs?: number) => Promise<void>;
}>;

/** Answers requests. Like Express, it calls its third argument, `otherwise`, for a request target that has no readable path. */
type Listener = (request: IncomingMessage, response: ServerResponse, otherwise: () => void) => void;

const notFound = { status: 404, title: 'Not found' } as const;

type Where = Readonly<{ host: string; port: number; portVariable: string }>;

type Options = ServerOptions & Readonly<{ onRefused?: OnRefused }>;

/**
 * Listens, or throws an error that names the port and the variable that changes it. A request outside the HTTP that we support is refused with
 * `application/problem+json` before `listener` sees it, and reported to `onRefused`. With `Expect: 100-continue`, `listener` calls `writeContinue` when it wants
 * the body.
 */
export async function listen(listener: Listener, where: Where, options: Options = {}): Promise<Listening> {
  const { onRefused = () => undefined, ...serverOptions } = options;
  // A missing Host is refused below: node:http would answer it without problem+json.
  const server = createServer({ ...serverOptions, requireHostHeader: false });
  // Without this, headers after the 2,000th are silently dropped, even Transfer-Encoding. The size of all headers is limited anyway.
  server.maxHeadersCount = 0;
  // An option of node:http that its types leave out: a sender that has closed its side still waits for the answer.
  Object.assign(server, { httpAllowHalfOpen: true });
  const connections = keepConnections(server);
  server.on('connection', (socket) => {
    // node:http calls this after the last answer of a connection. Closing at once would reset the connection if more bytes arrive, and lose that answer.
    socket.destroySoon = () => lingerThenClose(socket);
  });
  const receive = (request: IncomingMessage, response: ServerResponse): void => {
    connections.requested(request, response);
    // Upgrades are not supported, and node:http's parser loses what it had read after a request that asks for one.
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    const refusal = refusalOf(request);
    if (refusal === null) {
      listener(request, response, () => sendProblem(response, notFound));
      return;
    }
    onRefused(refusal);
    response.shouldKeepAlive = false;
    sendProblem(response, protocolProblems[refusal]);
  };
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, receive);
  refuseErrors(server, connections.latest, onRefused);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, where)));
    server.listen(where.port, where.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    server,
    close: (withinMs = 10_000) => connections.close(withinMs, IDLE_GRACE_MS),
  };
}

function explain(error: NodeJS.ErrnoException, { host, port, portVariable }: Where): Error {
  if (error.code === 'EADDRINUSE') {
    return new Error(
      `Port ${port} on ${host} is in use: stop what listens there, or set ${portVariable} to another port`,
    );
  }
  return new Error(`Cannot listen on ${host}:${port} (${portVariable}): ${error.message}`);
}
