import type { Readiness } from '../../shared/http/admin-app.ts';
import type { RunLater } from '../../shared/lifecycle/run-later.ts';
import type { MetricsSnapshot } from '../../shared/observability/merge-metrics.ts';
import type { WorkerMessage, WorkerQuestion } from './worker-messages.ts';

/** A worker tells its readiness twice a second: after so much silence it stands still. */
export const STANDS_STILL_MS = 3_000;
const ANSWER_MS = 1_000;

/** What is known of one process, from its fork to its end. */
export type WorkerLife = Readonly<{
  hear: (message: WorkerMessage) => void;
  listens: () => void;
  /** Since it was last heard, or was forked. */
  silentMs: () => number;
  /** It has connections and says nothing any more. */
  standsStill: () => boolean;
  /** It could not be heard: its silence until now counts for nothing. */
  excuse: () => void;
  /** What it last told; null while it does not listen. */
  readiness: () => Readiness | null;
  /** Since it was first ready; 0 where it never was. */
  readyForMs: () => number;
  /** Asks for its metrics: resolves with the answer, or after 1 s. One that has not answered yet is not asked again. */
  ask: () => Promise<void>;
  /** Its metrics as it last told them; null: never. */
  lastKnown: () => MetricsSnapshot | null;
  /** It answers nothing any more. */
  over: () => void;
}>;

export function createWorkerLife(
  send: (question: WorkerQuestion) => void,
  nowMs: () => number,
  later: RunLater,
): WorkerLife {
  let heardMs = nowMs();
  let told: Readiness | null = null;
  let readySinceMs: number | null = null;
  let isListening = false;
  let asked: PromiseWithResolvers<void> | null = null;
  let lastKnown: MetricsSnapshot | null = null;
  const silentMs = (): number => nowMs() - heardMs;
  const answered = (): void => {
    asked?.resolve();
    asked = null;
  };

  return {
    hear: (message) => {
      heardMs = nowMs();
      if (message.type === 'vxt-readiness') {
        told = message.readiness;
        if (told.ready) readySinceMs ??= nowMs();
      } else {
        lastKnown = message.metrics ?? lastKnown;
        answered();
      }
    },
    listens: () => {
      isListening = true;
    },
    silentMs,
    standsStill: () => isListening && silentMs() > STANDS_STILL_MS,
    excuse: () => {
      heardMs = nowMs();
    },
    readiness: () => (isListening ? told : null),
    readyForMs: () => (readySinceMs === null ? 0 : nowMs() - readySinceMs),
    ask: async () => {
      // Before its first word it does not listen to questions.
      if (told === null) return;
      if (asked === null) {
        asked = Promise.withResolvers();
        send({ type: 'vxt-metrics-asked' });
      }
      await Promise.race([asked.promise, new Promise<void>((resolve) => later(resolve, ANSWER_MS))]);
    },
    lastKnown: () => lastKnown,
    over: answered,
  };
}
