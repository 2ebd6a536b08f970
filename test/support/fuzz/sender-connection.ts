import { connect, type Socket } from 'node:net';
import type { Step } from './fuzz-case.ts';
import { type Answer, type Answers, readAnswers } from './read-answers.ts';

/** A connection on which cases are sent, one after the other. */
export type SenderConnection = Readonly<{
  /** Forgets earlier answers: what comes from now on is of the next case. */
  begin: (bodiless: boolean) => void;
  take: (step: Step, deadlineMs: number) => Promise<void>;
  answers: () => readonly Answer[];
  /** What came and is no whole answer. */
  rest: () => string;
  /** How the other side ended it: `closed`, the code of what broke it, or null where it is open. */
  ended: () => string | null;
  /** Waits until `condition` holds, at most so long; whether it does. */
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
        // What was written goes out first, or the other side sees nothing but the reset.
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
