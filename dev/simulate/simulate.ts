import { setTimeout as pause } from 'node:timers/promises';
import type { Outcome, Sender } from './send.ts';
import { add, movements, type Totals } from './totals.ts';
import type { Sending } from './webhooks.ts';

/** What was sent and what became of it. `expected` holds what the accepted webhooks add to the counters, each id once. */
export type SimulationResult = Readonly<{
  sent: number;
  accepted: number;
  /** Of the accepted ones, how many were the second copy of another. */
  duplicates: number;
  retries: number;
  refused: ReadonlyMap<string, number>;
  gaveUp: ReadonlyMap<string, number>;
  expected: Totals;
  tookMs: number;
  /** From sending to acceptance, retries included; sorted. */
  latenciesMs: readonly number[];
}>;

export type SimulateOptions = Readonly<{
  sendings: Iterable<Sending>;
  sender: Sender;
  /** Webhooks a second; null: as fast as they are accepted. */
  rate: number | null;
  concurrency: number;
  /** Ends the sending; what is on its way is waited for. */
  signal: AbortSignal;
  onSent: (sent: number) => void;
}>;

/** A wrong token is wrong for all: nothing more is sent after it. */
const HOPELESS = new Set([401, 403, 404, 405]);

/** Sends all webhooks at the given pace. A slow receiver delays the pace, and what was missed is made up for. */
export async function simulate(options: SimulateOptions): Promise<SimulationResult> {
  const { sendings, sender, rate, concurrency, signal, onSent } = options;
  const queue = sendings[Symbol.iterator]();
  const startedAt = performance.now();
  const expected = new Map<string, number>();
  const countedTwins = new Set<number>();
  const latenciesMs: number[] = [];
  const [refused, gaveUp] = [new Map<string, number>(), new Map<string, number>()];
  let [started, sent, accepted, duplicates, retries, hopeless] = [0, 0, 0, 0, 0, false];

  const record = ({ sequence, copies, webhook }: Sending, outcome: Outcome) => {
    sent += 1;
    retries += outcome.attempts - 1;
    if (outcome.kind === 'refused') {
      add(refused, [[`HTTP ${outcome.status} ${outcome.detail}`.trim(), 1]]);
      hopeless ||= HOPELESS.has(outcome.status);
    } else if (outcome.kind === 'gave-up') add(gaveUp, [[outcome.problem, 1]]);
    else {
      accepted += 1;
      latenciesMs.push(outcome.tookMs);
      if (copies === 1 || !countedTwins.has(sequence)) add(expected, movements(webhook));
      else duplicates += 1;
      if (copies === 2) countedTwins.add(sequence);
    }
    onSent(sent);
  };

  const work = async () => {
    while (!signal.aborted && !hopeless) {
      const dueAt = rate === null ? 0 : startedAt + (started * 1_000) / rate;
      const next = queue.next();
      if (next.done === true) return;
      started += 1;
      const early = dueAt - performance.now();
      if (early > 1) await pause(early, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      record(next.value, await sender.send(JSON.stringify(next.value.webhook), signal));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  latenciesMs.sort((one, other) => one - other);
  return {
    sent,
    accepted,
    duplicates,
    retries,
    refused,
    gaveUp,
    expected,
    tookMs: performance.now() - startedAt,
    latenciesMs,
  };
}
