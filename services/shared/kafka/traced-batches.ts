import type { EachBatchHandler, EachBatchPayload } from 'kafkajs';
import { traceBatch } from '../observability/tracing.ts';

/** The handler, each batch in a span of its own that links to the traces of its records. */
export function tracedBatches(eachBatch: (payload: EachBatchPayload) => Promise<void>): EachBatchHandler {
  return (payload) => {
    const { topic, partition, messages } = payload.batch;
    const attributes = {
      'messaging.system': 'kafka',
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': String(partition),
      'messaging.batch.message_count': messages.length,
    };
    const traceparents = () => messages.map(({ headers }) => String(headers?.traceparent ?? ''));
    return traceBatch('consume batch', attributes, traceparents, () => eachBatch(payload));
  };
}
