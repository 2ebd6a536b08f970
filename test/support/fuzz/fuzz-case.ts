/** What a sender does on its connection, in order. */
export type Step =
  | Readonly<{ kind: 'send'; bytes: Buffer; pieces: number }>
  /** Until there are so many answers, interim ones (1xx) too, or the connection ended. */
  | Readonly<{ kind: 'await-answers'; count: number }>
  /** What comes meanwhile is left to wait in the system. */
  | Readonly<{ kind: 'stop-reading' }>
  | Readonly<{ kind: 'read-on' }>
  | Readonly<{ kind: 'half-close' }>
  | Readonly<{ kind: 'reset' }>
  | Readonly<{ kind: 'close' }>;

/**
 * What must come.
 * - `answers`: exactly these, each with one of these statuses.
 * - `some`: one answer or more, of any documented status; nobody has worked out what is right.
 * - `end`: the end of the connection: there is no request, or the sender has given it up.
 * - `nothing`: the sender does not wait.
 */
export type Expected =
  | Readonly<{ kind: 'answers'; statuses: readonly (readonly number[])[]; endedBy: 'service' | 'sender' }>
  | Readonly<{ kind: 'some' }>
  | Readonly<{ kind: 'end' }>
  | Readonly<{ kind: 'nothing' }>;

/** What is sent on one connection, and what must come of it. */
export type Exchange = Readonly<{
  /** What was done to a request, for a report: it holds nothing of what is sent. */
  what: string;
  steps: readonly Step[];
  expected: Expected;
  /** It is sent on a connection that others use before and after it. */
  kept?: boolean;
  /** Its answers have no body, as those to HEAD. */
  bodiless?: boolean;
}>;

export type FuzzCase = Exchange & Readonly<{ number: number; target: Target }>;

/** The services under test: one has a spool and Kafka is away from it for a part of the run, the other has none. */
export const targets = ['spooling', 'plain'] as const;
export type Target = (typeof targets)[number];

export const sending = (bytes: Buffer, pieces = 1): Step => ({ kind: 'send', bytes, pieces });

/** Exactly one answer, and the service ends the connection. */
export const oneAnswer = (...statuses: readonly number[]): Expected => ({
  kind: 'answers',
  statuses: [statuses],
  endedBy: 'service',
});
