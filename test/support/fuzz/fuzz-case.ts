/** What a sender does on its connection, in order. */
export type Step =
  | Readonly<{ kind: 'send'; bytes: Buffer; pieces: number }>
  /** Waits until this many answers have arrived, including interim ones (1xx), or the connection has ended. */
  | Readonly<{ kind: 'await-answers'; count: number }>
  /** Bytes that arrive meanwhile stay in the system's buffers. */
  | Readonly<{ kind: 'stop-reading' }>
  | Readonly<{ kind: 'read-on' }>
  | Readonly<{ kind: 'half-close' }>
  | Readonly<{ kind: 'reset' }>
  | Readonly<{ kind: 'close' }>;

/**
 * What must happen.
 * - `answers`: exactly these answers, each with one of these statuses.
 * - `some`: one or more answers with any documented status; the right one is not worked out.
 * - `end`: the end of the connection: there is no request, or the sender has abandoned it.
 * - `nothing`: the sender does not wait.
 */
export type Expected =
  | Readonly<{ kind: 'answers'; statuses: readonly (readonly number[])[]; endedBy: 'service' | 'sender' }>
  | Readonly<{ kind: 'some' }>
  | Readonly<{ kind: 'end' }>
  | Readonly<{ kind: 'nothing' }>;

/** What is sent on one connection, and what must happen. */
export type Exchange = Readonly<{
  /** What was done to a request, for a report. It contains nothing of what is sent. */
  what: string;
  steps: readonly Step[];
  expected: Expected;
  /** Whether the connection is shared with cases before and after it. */
  kept?: boolean;
  /** Whether its answers have no body, like those to HEAD. */
  bodiless?: boolean;
}>;

export type FuzzCase = Exchange & Readonly<{ number: number; target: Target }>;

/** The services under test: one has a spool, and its Kafka is unavailable for a part of the run; the other has no spool. */
export const targets = ['spooling', 'plain'] as const;
export type Target = (typeof targets)[number];

export const sending = (bytes: Buffer, pieces = 1): Step => ({ kind: 'send', bytes, pieces });

/** Expects exactly one answer, and the service to end the connection. */
export const oneAnswer = (...statuses: readonly number[]): Expected => ({
  kind: 'answers',
  statuses: [statuses],
  endedBy: 'service',
});
