import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';
import { runLater } from '../lifecycle/run-later.ts';

const KEEP_ALIVE_MS = 60_000;
/** A broker that lives closes its side of a connection at once. */
const CLOSED_WITHIN_MS = 5_000;

/** The sockets of one client. */
export type Sockets = Readonly<{
  create: ISocketFactory;
  /** Cuts every connection, now, and lets none be opened any more: whatever the client still tries fails at once, and nothing more of it reaches a broker. */
  sever: () => void;
  isSevered: () => boolean;
}>;

/** Opens sockets as kafkajs 2.2.4 does, and remembers them. `addressOf` gives the host behind a name that only this process knows. */
export function createSockets(addressOf: (host: string) => string, closedWithinMs = CLOSED_WITHIN_MS): Sockets {
  const open = new Set<Socket>();
  let severed = false;
  const severedError = () => new Error('This client was severed');
  return {
    create: ({ host, port, ssl, onConnect }) => {
      if (severed) throw severedError();
      const where = { host: addressOf(host), port };
      const socket = ssl
        ? connectTls({ ...where, ...(isIP(where.host) === 0 ? { servername: where.host } : {}), ...ssl }, onConnect)
        : connectTcp(where, onConnect);
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      letGoOnce(socket, closedWithinMs);
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      return socket;
    },
    sever: () => {
      severed = true;
      for (const socket of open) socket.destroy(severedError());
    },
    isSevered: () => severed,
  };
}

/**
 * kafkajs ends and unreferences both sockets of a broker each time that it disconnects from it, also one that was closed long ago. Node lets a socket without
 * a connection wait for one to be unreferenced then, which a closed socket never gets: that was a listener more with every attempt of an outage. And one whose
 * broker is frozen stayed open until that goes on: so it is destroyed if the broker has not closed it by then.
 */
function letGoOnce(socket: Socket, closedWithinMs: number): void {
  const unref = socket.unref.bind(socket);
  let letGo = false;
  socket.unref = () => {
    if (socket.destroyed) return socket;
    if (!letGo)
      socket.once(
        'close',
        runLater(() => socket.destroy(), closedWithinMs),
      );
    letGo = true;
    return unref();
  };
}
