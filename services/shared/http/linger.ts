import type { Socket } from 'node:net';

/** How long a connection is read on after its last answer, so that its sender gets to read that answer. */
export const LINGER_MS = 5_000;

/**
 * Ends our side of a connection after what was written to it, and reads on until the other side ends too, at most
 * LINGER_MS. A socket closed while bytes of its sender are still unread is reset by the kernel, and a reset throws away
 * the answer that the sender has not read yet.
 */
export function lingerThenClose(socket: Socket): void {
  socket.end();
  const cut = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(cut));
}
