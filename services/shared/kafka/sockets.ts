import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

const KEEP_ALIVE_MS = 60_000;

/** The sockets of one client. */
export type Sockets = Readonly<{
  create: ISocketFactory;
  /** Cuts every connection, now, and lets none be opened any more: whatever the client still tries fails at once, and nothing more of it reaches a broker. */
  sever: () => void;
  isSevered: () => boolean;
}>;

/** Opens sockets as kafkajs 2.2.4 does, and remembers them. `addressOf` gives the host behind a name that only this process knows. */
export function createSockets(addressOf: (host: string) => string): Sockets {
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
