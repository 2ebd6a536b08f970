import type { Socket } from 'node:net';

/** How long a connection is still read after its last answer, so that the sender can read that answer. */
export const LINGER_MS = 5_000;

/**
 * Closes our side of a connection once everything is written, and keeps reading until the other side closes too, for at most LINGER_MS. If a socket is closed
 * while bytes from its sender are unread, the kernel resets the connection, and the reset discards an answer that the sender has not read yet.
 */
export function lingerThenClose(socket: Socket): void {
  socket.end();
  const cut = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(cut));
}
