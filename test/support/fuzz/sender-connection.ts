import { connect, type Socket } from 'node:net';
import type { Step } from './fuzz-case.ts';
import { type Answer, type Answers, readAnswers } from './read-answers.ts';

/** A connection on which cases are sent one after the other. */
export type SenderConnection = Readonly<{
  /** Forgets earlier answers: everything from now on belongs to the next case. */
  begin: (bodiless: boolean) => void;
  take: (step: Step, deadlineMs: number) => Promise<void>;
  answers: () => readonly Answer[];
  /** The received bytes that are not a complete answer. */
  rest: () => string;
  /** How the other side ended it: `closed`, or the code of the error that broke it. Null if it is open. */
  ended: () => string | null;
  /** Waits at most this long until `condition` is true. Returns whether it is. */
  until: (condition: () => boolean, deadlineMs: number) => Promise<boolean>;
  destroy: () => void;
}>;

export function openSenderConnection(port: number): SenderConnection {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let answers: Answers = readAnswers(false);
  let ended: string | null = null;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const one of waiting) one();
  };
  socket.on('data', (piece: Buffer) => {
    answers.add(piece);
    wake();
  });
  socket.on('end', () => {
    ended ??= 'closed';
    wake();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    ended ??= error.code ?? error.message;
    wake();
  });

  const until = (condition: () => boolean, deadlineMs: number): Promise<boolean> =>
    new Promise((resolve) => {
      const finish = (result: boolean): void => {
        clearTimeout(timer);
        waiting.delete(check);
        resolve(result);
      };
      const check = (): void => {
        if (condition()) finish(true);
      };
      const timer = setTimeout(() => finish(condition()), deadlineMs);
      waiting.add(check);
      check();
    });

  const send = async (bytes: Buffer, pieces: number): Promise<void> => {
    const size = Math.ceil(bytes.length / pieces);
    for (let at = 0; at < bytes.length && ended === null; at += size) {
      socket.write(bytes.subarray(at, at + size));
      if (pieces > 1) await new Promise((resolve) => setImmediate(resolve));
    }
  };

  const take = async (step: Step, deadlineMs: number): Promise<void> => {
    switch (step.kind) {
      case 'send':
        return send(step.bytes, step.pieces);
      case 'await-answers':
        await until(() => answers.all().length >= step.count || ended !== null, deadlineMs);
        return;
      case 'stop-reading':
        socket.pause();
        return;
      case 'read-on':
        socket.resume();
        return;
      case 'half-close':
        socket.end();
        return;
      case 'reset':
        // What was written must go out first, or the other side sees only the reset.
        await new Promise((resolve) => socket.write('', resolve));
        socket.resetAndDestroy();
        return;
      case 'close':
        socket.destroySoon();
        return;
    }
  };

  return {
    begin: (bodiless) => {
      answers = readAnswers(bodiless);
    },
    take,
    answers: () => answers.all(),
    rest: () => answers.rest(),
    ended: () => ended,
    until,
    destroy: () => void socket.destroy(),
  };
}
