import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { IDLE_GRACE_MS, keepConnections } from './connections.ts';
import { lingerThenClose } from './linger.ts';
import { sendProblem } from './problem.ts';
import { protocolProblems, refusalOf } from './protocol-refusals.ts';
import { type OnRefused, refuseErrors } from './refuse-errors.ts';

export type Listening = Readonly<{
  /** The port it listens on: the one asked for, or the one the system chose for 0. */
  port: number;
  server: Server;
  /**
   * Takes no new connection and lets requests in flight end; answers say `Connection: close`. Idle connections end
   * after IDLE_GRACE_MS, connections still busy after `withinMs` are cut. Resolves as soon as no connection is left.
   */
  close: (withinMs?: number) => Promise<void>;
}>;

/** Answers requests; one whose target has no path that can be read is left to `otherwise`, as Express does with its third argument. */
type Listener = (request: IncomingMessage, response: ServerResponse, otherwise: () => void) => void;

const notFound = { status: 404, title: 'Not found' } as const;

type Where = Readonly<{ host: string; port: number; portVariable: string }>;

type Options = ServerOptions & Readonly<{ onRefused?: OnRefused }>;

/**
 * Listens, or throws an error that names the port and the variable that changes it. What is not HTTP as we speak it
 * is refused as `application/problem+json` before `listener` sees it, and told to `onRefused`. With
 * `Expect: 100-continue` it is `listener` that calls `writeContinue`, when it wants the body.
 */
export async function listen(listener: Listener, where: Where, options: Options = {}): Promise<Listening> {
  const { onRefused = () => undefined, ...serverOptions } = options;
  // A missing Host is refused here: node:http would answer it without a problem.
  const server = createServer({ ...serverOptions, requireHostHeader: false });
  // Or headers after the 2,000th are left out unseen, Transfer-Encoding among them. Their bytes are limited.
  server.maxHeadersCount = 0;
  // node:http's own switch, which its types leave out: a sender that has closed its side still waits for the answer.
  Object.assign(server, { httpAllowHalfOpen: true });
  const connections = keepConnections(server);
  server.on('connection', (socket) => {
    // node:http ends a connection behind its last answer with this. At once, the reset for what still comes throws that answer away.
    socket.destroySoon = () => lingerThenClose(socket);
  });
  const receive = (request: IncomingMessage, response: ServerResponse): void => {
    connections.requested(request, response);
    // No upgrade is taken, and node:http's parser loses what it had read behind the request that asked for one.
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
      `Port ${port} on ${host} is in use: end what listens there, or set ${portVariable} to another port`,
    );
  }
  return new Error(`Cannot listen on ${host}:${port} (${portVariable}): ${error.message}`);
}
