import type { Readiness } from '../../shared/http/admin-app.ts';
import type { RunLater } from '../../shared/lifecycle/run-later.ts';
import type { MetricsSnapshot } from '../../shared/observability/merge-metrics.ts';
import type { WorkerMessage, WorkerQuestion } from './worker-messages.ts';

/** A worker reports twice a second: after this much silence it counts as unresponsive. */
export const UNRESPONSIVE_MS = 3_000;
const ANSWER_TIMEOUT_MS = 1_000;

/** What the primary knows about one process, from its fork to its end. */
export type WorkerMonitor = Readonly<{
  received: (message: WorkerMessage) => void;
  listening: () => void;
  /** Time since its last message, or since its fork. */
  silentMs: () => number;
  /** It listens, so it may hold connections, but has stopped reporting. */
  isUnresponsive: () => boolean;
  /** Ignores its silence so far, because the primary itself could not receive anything. */
  forgiveSilence: () => void;
  /** As last reported; null while it does not listen. */
  readiness: () => Readiness | null;
  /** Time since it was first ready; 0 if it never was. */
  readyForMs: () => number;
  /** Asks for its metrics, unless it still owes an answer. Resolves with the answer, or after 1 s. */
  refreshMetrics: () => Promise<void>;
  /** Its metrics as last reported; null if never. */
  metrics: () => MetricsSnapshot | null;
  /** It has ended and answers nothing any more. */
  ended: () => void;
}>;

export function createWorkerMonitor(
  send: (question: WorkerQuestion) => void,
  nowMs: () => number,
  later: RunLater,
): WorkerMonitor {
  let lastMessageMs = nowMs();
  let readiness: Readiness | null = null;
  let readySinceMs: number | null = null;
  let isListening = false;
  let question: PromiseWithResolvers<void> | null = null;
  let metrics: MetricsSnapshot | null = null;
  const silentMs = (): number => nowMs() - lastMessageMs;
  const answered = (): void => {
    question?.resolve();
    question = null;
  };

  return {
    received: (message) => {
      lastMessageMs = nowMs();
      if (message.type === 'vxt-readiness') {
        readiness = message.readiness;
        if (readiness.ready) readySinceMs ??= nowMs();
      } else {
        metrics = message.metrics ?? metrics;
        answered();
      }
    },
    listening: () => {
      isListening = true;
    },
    silentMs,
    isUnresponsive: () => isListening && silentMs() > UNRESPONSIVE_MS,
    forgiveSilence: () => {
      lastMessageMs = nowMs();
    },
    readiness: () => (isListening ? readiness : null),
    readyForMs: () => (readySinceMs === null ? 0 : nowMs() - readySinceMs),
    refreshMetrics: async () => {
      // Before its first report it does not listen to questions.
      if (readiness === null) return;
      if (question === null) {
        question = Promise.withResolvers();
        send({ type: 'vxt-metrics-asked' });
      }
      await Promise.race([question.promise, new Promise<void>((resolve) => later(resolve, ANSWER_TIMEOUT_MS))]);
    },
    metrics: () => metrics,
    ended: answered,
  };
}
