import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

/** How long idle connections stay open once a server stops, in milliseconds. */
export const IDLE_GRACE_MS = 2_000;

const SWEEP_MS = 50;

export type Connections = Readonly<{
  /** To be called for every request before it is answered. */
  requested: (request: IncomingMessage, response: ServerResponse) => void;
  /** The latest response of a connection; null before its first request. */
  latest: (socket: Socket) => ServerResponse | null;
  /**
   * Stops listening at once. From then on an answer says `Connection: close`, so that a sender which reuses its
   * connection learns it from an answer and not from a reset. Idle connections end after `idleGraceMs`, busy ones are
   * cut after `withinMs`. Resolves once none is left.
   */
  close: (withinMs: number, idleGraceMs: number) => Promise<void>;
}>;

/** Keeps a server's connections, each with its latest response. */
export function keepConnections(server: Server): Connections {
  const open = new Map<Socket, ServerResponse | null>();
  let stopping = false;
  server.on('connection', (socket) => {
    open.set(socket, null);
    socket.once('close', () => open.delete(socket));
  });

  const closeIdle = (): void => {
    server.closeIdleConnections();
    // node:http takes a connection that never sent a byte for a busy one.
    for (const socket of open.keys()) if (socket.bytesRead === 0) socket.destroy();
  };

  return {
    requested: ({ socket }, response) => {
      if (stopping) {
        // Of several requests sent one after the other without waiting, all are answered: only the last answer closes.
        const previous = open.get(socket) ?? null;
        if (previous !== null && !previous.headersSent) previous.shouldKeepAlive = true;
        response.shouldKeepAlive = false;
      }
      open.set(socket, response);
    },
    latest: (socket) => open.get(socket) ?? null,
    close: (withinMs, idleGraceMs) => {
      stopping = true;
      for (const response of open.values())
        if (response !== null && !response.headersSent) response.shouldKeepAlive = false;
      return new Promise((resolve) => {
        let sweep: NodeJS.Timeout | undefined;
        const grace = setTimeout(
          () => {
            sweep = setInterval(closeIdle, SWEEP_MS);
          },
          Math.min(idleGraceMs, withinMs),
        );
        const cut = setTimeout(() => {
          for (const socket of open.keys()) socket.destroy();
        }, withinMs);
        // Not node:http's own close, which cuts idle connections at once and stops timing requests out.
        NetServer.prototype.close.call(server, () => {
          clearTimeout(grace);
          clearTimeout(cut);
          clearInterval(sweep);
          Server.prototype.close.call(server);
          resolve();
        });
      });
    },
  };
}
