import type { Readiness } from '../../shared/http/admin-app.ts';
import type { MetricsSnapshot } from '../../shared/observability/merge-metrics.ts';

/** What a worker tells the primary: its readiness, twice a second for as long as it lives, and its metrics when asked; null where they could not be gathered. */
export type WorkerMessage =
  | Readonly<{ type: 'vxt-readiness'; readiness: Readiness }>
  | Readonly<{ type: 'vxt-metrics'; metrics: MetricsSnapshot | null }>;

/** What the primary asks a worker. It asks again only once it has an answer. */
export type WorkerQuestion = Readonly<{ type: 'vxt-metrics-asked' }>;

export const isWorkerMessage = (message: unknown): message is WorkerMessage =>
  isOfType(message, 'vxt-readiness') || isOfType(message, 'vxt-metrics');

export const isWorkerQuestion = (message: unknown): message is WorkerQuestion => isOfType(message, 'vxt-metrics-asked');

const isOfType = (message: unknown, type: (WorkerMessage | WorkerQuestion)['type']): boolean =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === type;
