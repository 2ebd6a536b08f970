import { connect, type Socket } from 'node:net';
import { eventually } from './eventually.ts';

/** One answer as it came over a connection. */
export type RawAnswer = Readonly<{ status: number; headers: Readonly<Record<string, string>>; body: string }>;

/** A connection that sends bytes as they are. */
export type RawConnection = Readonly<{
  socket: Socket;
  send: (bytes: string | Buffer) => void;
  /** All answers so far, each with its body; interim answers (1xx) too. */
  answers: () => readonly RawAnswer[];
  /** Waits until there are so many answers. */
  answered: (count?: number) => Promise<RawAnswer>;
  /** Waits for the end of the connection: the code of what broke it, or null where it was closed in order. */
  ended: () => Promise<string | null>;
}>;

export function openRawConnection(port: number): RawConnection {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  let broken: string | null = null;
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    broken = error.code ?? error.message;
  });
  const answers = (): readonly RawAnswer[] => parseAnswers(received);
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    answers,
    answered: (count = 1) =>
      eventually(() => answers()[count - 1], { everyMs: 5, what: () => `answer ${count} after:\n${received}` }),
    ended: async () => {
      await eventually(() => socket.closed, {
        everyMs: 5,
        what: () => `the end of the connection after:\n${received}`,
      });
      return broken;
    },
  };
}

function parseAnswers(text: string): readonly RawAnswer[] {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return [];
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const rest = text.slice(end + 4);
  const length = Number(headers['content-length'] ?? 0);
  if (rest.length < length) return [];
  const answer = { status: Number(statusLine.split(' ')[1]), headers, body: rest.slice(0, length) };
  return [answer, ...parseAnswers(rest.slice(length))];
}
