import type { Readiness } from '../../shared/http/admin-app.ts';
import type { MetricsSnapshot } from '../../shared/observability/merge-metrics.ts';

/** What a worker sends to the primary: its readiness, twice a second, and its metrics when asked (null if they could not be collected). */
export type WorkerMessage =
  | Readonly<{ type: 'vxt-readiness'; readiness: Readiness }>
  | Readonly<{ type: 'vxt-metrics'; metrics: MetricsSnapshot | null }>;

/** What the primary asks a worker. It does not ask again before it has an answer. */
export type WorkerQuestion = Readonly<{ type: 'vxt-metrics-asked' }>;

export const isWorkerMessage = (message: unknown): message is WorkerMessage =>
  isOfType(message, 'vxt-readiness') || isOfType(message, 'vxt-metrics');

export const isWorkerQuestion = (message: unknown): message is WorkerQuestion => isOfType(message, 'vxt-metrics-asked');

const isOfType = (message: unknown, type: (WorkerMessage | WorkerQuestion)['type']): boolean =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === type;
