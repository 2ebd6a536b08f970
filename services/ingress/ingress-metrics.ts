import type { LaneObserver } from '../shared/kafka/publisher/lane.ts';
import type { Publisher } from '../shared/kafka/publisher/publisher.ts';
import { countKafkaErrors } from '../shared/observability/dependency-errors.ts';
import {
  Counter,
  createHistogramWithExemplars,
  Gauge,
  Histogram,
  type Registry,
} from '../shared/observability/prometheus.ts';
import { unrecognisedReasons } from './domain/recognise.ts';
import type { Spools } from './open-spools.ts';

/** What became of a request to the webhook's path, or of what was to become a request. */
export const outcomes = [
  'accepted',
  'spooled',
  'unauthorized',
  'rate_limited',
  'method_not_allowed',
  'not_json',
  'unsupported_media_type',
  'too_large',
  'overloaded',
  'unavailable',
  'refused',
  'spool_unavailable',
  'internal_error',
  'aborted',
  'malformed_request',
  'timeout',
  'headers_too_large',
  'unsupported_transfer_coding',
  'expectation_failed',
] as const;

export type Outcome = (typeof outcomes)[number];

/** The kind of event a request brought: `none` where it was refused before its body was understood. */
export const webhookEvents = ['callLog', 'voicemail', 'unrecognised', 'none'] as const;

export type WebhookEvent = (typeof webhookEvents)[number];

/** The metrics of the ingress. Labels take the values listed here and no others. */
export type IngressMetrics = Readonly<{
  /**
   * `seconds` is null where a request never began. `traceId` is that of a sampled trace, 32 hex digits, or null: it
   * becomes the exemplar of the request's duration.
   */
  answered: (event: WebhookEvent, outcome: Outcome, seconds: number | null, traceId: string | null) => void;
  unrecognised: (reason: string) => void;
  authFailed: () => void;
  internalError: () => void;
  kafkaProblem: () => void;
  lanes: LaneObserver;
  watchPublisher: (publisher: Publisher) => void;
  watchSpool: (spools: Pick<Spools, 'state'>) => void;
}>;

const latencyBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

export function createIngressMetrics(registry: Registry): IngressMetrics {
  const registers = [registry];
  const webhooks = new Counter({
    name: 'vxt_webhooks_total',
    help: 'Requests to the webhook path, and what never became a request, by kind of event and by what became of them.',
    labelNames: ['event', 'outcome'],
    registers,
  });
  for (const event of webhookEvents)
    if (event !== 'none') for (const outcome of ['accepted', 'spooled']) webhooks.inc({ event, outcome }, 0);
  for (const outcome of outcomes)
    if (outcome !== 'accepted' && outcome !== 'spooled') webhooks.inc({ event: 'none', outcome }, 0);
  const duration = createHistogramWithExemplars(registry, {
    name: 'vxt_webhook_duration_seconds',
    help: 'From the first byte of a request to its answer.',
    buckets: latencyBuckets,
  });
  const unrecognised = new Counter({
    name: 'vxt_webhooks_unrecognised_total',
    help: 'Webhooks kept byte for byte because no schema holds them, by reason. VXT may have changed its contract.',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of unrecognisedReasons) unrecognised.inc({ reason }, 0);
  const authFailures = new Counter({
    name: 'vxt_webhook_auth_failures_total',
    help: 'Requests without a valid bearer token.',
    registers,
  });
  const internalErrors = new Counter({
    name: 'vxt_internal_errors_total',
    help: 'Exceptions of the ingress itself: neither the sender nor Kafka is at fault. The log says where.',
    registers,
  });

  return {
    answered: (event, outcome, seconds, traceId) => {
      webhooks.inc({ event, outcome });
      if (seconds === null) return;
      duration.observe({ value: seconds, ...(traceId === null ? {} : { exemplarLabels: { trace_id: traceId } }) });
    },
    kafkaProblem: countKafkaErrors(registry),
    unrecognised: (reason) => unrecognised.inc({ reason }),
    authFailed: () => authFailures.inc(),
    internalError: () => internalErrors.inc(),
    lanes: laneMetrics(registers),
    watchPublisher: (publisher) => watchPublisher(publisher, registers),
    watchSpool: (spools) => watchSpool(spools, registers),
  };
}

function laneMetrics(registers: Registry[]): LaneObserver {
  const records = new Counter({ name: 'vxt_publish_records_total', help: 'Records Kafka acknowledged.', registers });
  const batches = new Histogram({
    name: 'vxt_publish_batch_records',
    help: 'Records per acknowledged batch.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
    registers,
  });
  const seconds = new Histogram({
    name: 'vxt_publish_duration_seconds',
    help: 'From sending a batch to its acknowledgement by all in-sync replicas.',
    buckets: latencyBuckets,
    registers,
  });
  const resends = new Counter({
    name: 'vxt_publish_resends_total',
    help: 'Records sent again that may be in the log already, on a new producer or after a restart: they may be there twice, and readers count them once.',
    registers,
  });
  const renewals = new Counter({
    name: 'vxt_publish_producer_renewals_total',
    help: 'Producers discarded, because a send failed for good or before their sequence numbers wrap.',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of ['failure', 'sequence']) renewals.inc({ reason }, 0);
  const refusals = new Counter({
    name: 'vxt_publish_refusals_total',
    help: 'Times a broker refused a topic’s records for a reason that only a person can change, by Kafka’s name of the error.',
    labelNames: ['topic', 'reason'],
    registers,
  });
  return {
    sent: (count, took) => {
      records.inc(count);
      batches.observe(count);
      seconds.observe(took);
    },
    resent: (count) => resends.inc(count),
    renewed: (error) => renewals.inc({ reason: error === null ? 'sequence' : 'failure' }),
    refused: ({ topic, errorType }) => refusals.inc({ topic, reason: errorType }),
  };
}

function watchPublisher(publisher: Publisher, registers: Registry[]): void {
  gauge('vxt_publish_queue_records', 'Webhooks that wait for Kafka.', () => publisher.state().records, registers);
  gauge('vxt_publish_queue_bytes', 'Bytes that wait for Kafka.', () => publisher.state().bytes, registers);
  gauge(
    'vxt_publish_up',
    '1 while every lane has a producer that a broker took, else 0.',
    () => (publisher.state().up ? 1 : 0),
    registers,
    'min',
  );
}

function watchSpool(spool: Pick<Spools, 'state'>, registers: Registry[]): void {
  gauge('vxt_spool_records', 'Webhooks that wait on disk.', () => spool.state().records, registers);
  gauge('vxt_spool_bytes', 'Bytes that the spool takes on disk.', () => spool.state().bytes, registers);
  gauge(
    'vxt_spool_oldest_age_seconds',
    'Age of the oldest webhook that waits on disk; 0 where none waits.',
    () => (spool.state().oldestAgeMs ?? 0) / 1000,
    registers,
    'max',
  );
}

/** `over`: how the values of several workers are put together. */
function gauge(
  name: string,
  help: string,
  read: () => number,
  registers: Registry[],
  over: 'sum' | 'min' | 'max' = 'sum',
): void {
  new Gauge({
    name,
    help,
    aggregator: over,
    registers,
    collect() {
      this.set(read());
    },
  });
}
