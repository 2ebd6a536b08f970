import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Listening = Readonly<{
  /** The port it listens on: the one asked for, or the one the system chose for 0. */
  port: number;
  server: Server;
  /** Takes no new connection, lets requests in flight end, then closes. Connections still busy after `withinMs` are cut. */
  close: (withinMs?: number) => Promise<void>;
}>;

type Where = Readonly<{ host: string; port: number; portVariable: string }>;

/** Listens, or throws an error that names the port and the variable that changes it. */
export async function listen(listener: RequestListener, where: Where, options: ServerOptions = {}): Promise<Listening> {
  const server = createServer(options, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, where)));
    server.listen(where.port, where.host, resolve);
  });
  const close = (withinMs = 10_000): Promise<void> =>
    new Promise((resolve) => {
      const cut = setTimeout(() => server.closeAllConnections(), withinMs);
      const closeIdle = setInterval(() => server.closeIdleConnections(), 50);
      server.close(() => {
        clearTimeout(cut);
        clearInterval(closeIdle);
        resolve();
      });
    });
  return { port: (server.address() as AddressInfo).port, server, close };
}

function explain(error: NodeJS.ErrnoException, { host, port, portVariable }: Where): Error {
  if (error.code === 'EADDRINUSE') {
    return new Error(
      `Port ${port} on ${host} is in use: end what listens there, or set ${portVariable} to another port`,
    );
  }
  return new Error(`Cannot listen on ${host}:${port} (${portVariable}): ${error.message}`);
}
