import type { FuzzCase, Target } from './fuzz-case.ts';
import { problemsOf } from './judge.ts';
import { playCase } from './play-case.ts';
import { openSenderConnection, type SenderConnection } from './sender-connection.ts';

/** A case that did not come out right. */
export type FailedCase = Readonly<{
  number: number;
  what: string;
  target: Target;
  problems: readonly string[];
  /** The cases that were sent before it on the same connection. */
  before: readonly number[];
}>;

/** When a case was under way, in milliseconds since 1970. */
export type Span = Readonly<{ number: number; what: string; target: Target; startedMs: number; endedMs: number }>;

export type RunSoFar = Readonly<{
  failed: readonly FailedCase[];
  /** How many 202 each case was answered. */
  accepted: ReadonlyMap<number, number>;
  /** How many answers there were of each status. */
  statuses: ReadonlyMap<number, number>;
  /** Those that took longest. */
  spans: readonly Span[];
  slowestMs: number;
  played: number;
}>;

type Options = Readonly<{
  ports: Readonly<Record<Target, number>>;
  connections: number;
  /** The next case; null: there are no more. */
  next: () => FuzzCase | null;
}>;

type Kept = { connection: SenderConnection; sent: number[] };

export type CaseRun = Readonly<{
  /** Plays cases on so many connections at once until `next` gives no more. */
  play: (options: Options) => Promise<void>;
  soFar: RunSoFar;
}>;

export function createCaseRun(): CaseRun {
  const failed: FailedCase[] = [];
  const accepted = new Map<number, number>();
  const statuses = new Map<number, number>();
  const spans: Span[] = [];
  const soFar = { failed, accepted, statuses, spans, slowestMs: 0, played: 0 };

  const playOne = async (fuzzCase: FuzzCase, kept: Map<Target, Kept>, ports: Options['ports']): Promise<void> => {
    const { number, what, target } = fuzzCase;
    const open = (): Kept => ({ connection: openSenderConnection(ports[target]), sent: [] });
    const on = fuzzCase.kept === true ? (kept.get(target) ?? open()) : open();
    const startedMs = Date.now();
    const played = await playCase(fuzzCase, on.connection);
    spans.push({ number, what, target, startedMs, endedMs: Date.now() });
    const problems = problemsOf(fuzzCase, played);
    if (problems.length > 0) failed.push({ number, what, target, problems, before: [...on.sent] });
    for (const { status } of played.answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const taken = played.answers.filter(({ status }) => status === 202).length;
    if (taken > 0) accepted.set(number, taken);
    soFar.slowestMs = Math.max(soFar.slowestMs, played.tookMs);
    soFar.played += 1;
    on.sent.push(number);
    const reusable = fuzzCase.kept === true && problems.length === 0 && played.ended === null;
    const closing = played.answers.some(({ headers }) => headers.connection === 'close');
    if (reusable && !closing) kept.set(target, on);
    else {
      if (fuzzCase.kept === true) kept.delete(target);
      on.connection.destroy();
    }
  };

  return {
    soFar,
    play: async ({ ports, connections, next }) => {
      const connection = async (): Promise<void> => {
        const kept = new Map<Target, Kept>();
        for (let fuzzCase = next(); fuzzCase !== null; fuzzCase = next()) await playOne(fuzzCase, kept, ports);
        for (const { connection } of kept.values()) connection.destroy();
      };
      await Promise.all(Array.from({ length: connections }, connection));
    },
  };
}
