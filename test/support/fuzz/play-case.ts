import type { FuzzCase } from './fuzz-case.ts';
import { last, webhookRequest, whole } from './http-request.ts';
import type { Answer } from './read-answers.ts';
import type { SenderConnection } from './sender-connection.ts';

/** Within this, in milliseconds, whoever waits is answered. */
export const ANSWER_DEADLINE_MS = 10_000;

/** How long a request of the run may take to arrive (WEBHOOK_RECEIVE_TIMEOUT_MS). */
export const RECEIVE_TIMEOUT_MS = 3_000;

/**
 * A connection that is still open so long after the last byte has nothing more to say: all that is not whole has been
 * refused, within a second of its time. Unless it takes another request, it hangs.
 */
const QUIET_MS = RECEIVE_TIMEOUT_MS + 2_000;

/** What came of a case. */
export type Played = Readonly<{
  answers: readonly Answer[];
  /** What came and is no whole answer. */
  rest: string;
  /** How the service ended the connection: `closed`, or the code of what broke it; null where it is open. */
  ended: string | null;
  /** From the first byte to the last that was sent. */
  sendingMs: number;
  /** From the last byte that was sent to all that was waited for. */
  tookMs: number;
}>;

const PROBE_INDEX = 0xffff;

/** Sends a case, and waits for what must come of it. */
export async function playCase(fuzzCase: FuzzCase, connection: SenderConnection): Promise<Played> {
  const { steps, expected, bodiless = false } = fuzzCase;
  connection.begin(bodiless);
  const startedMs = performance.now();
  for (const step of steps) await connection.take(step, ANSWER_DEADLINE_MS);
  const sentMs = performance.now();
  const ended = (): boolean => connection.ended() !== null;
  switch (expected.kind) {
    case 'nothing':
      break;
    case 'end':
      await connection.until(ended, ANSWER_DEADLINE_MS);
      break;
    case 'answers': {
      const answered = (): boolean => connection.answers().length >= expected.statuses.length;
      const done = expected.endedBy === 'service' ? ended : () => answered() || ended();
      await connection.until(done, ANSWER_DEADLINE_MS);
      break;
    }
    case 'some':
      if (await connection.until(ended, QUIET_MS)) break;
      if (connection.answers().length > 0)
        await connection.take({ kind: 'send', bytes: probe(fuzzCase.number), pieces: 1 }, 0);
      await connection.until(ended, ANSWER_DEADLINE_MS);
  }
  return {
    answers: connection.answers(),
    rest: connection.rest(),
    ended: connection.ended(),
    sendingMs: sentMs - startedMs,
    tookMs: performance.now() - sentMs,
  };
}

/** A request behind all others, whose answer ends the connection. */
const probe = (number: number): Buffer => whole(last(webhookRequest(number, PROBE_INDEX, Buffer.from('{}'))));
