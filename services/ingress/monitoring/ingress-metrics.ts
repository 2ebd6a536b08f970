import type { LaneObserver } from '../../shared/kafka/publisher/lane-observer.ts';
import type { Publisher } from '../../shared/kafka/publisher/publisher.ts';
import { countKafkaErrors } from '../../shared/observability/dependency-errors.ts';
import {
  Counter,
  createHistogramWithExemplars,
  Gauge,
  Histogram,
  type Registry,
} from '../../shared/observability/prometheus.ts';
import { unrecognisedReasons } from '../domain/recognise.ts';
import type { Spools } from '../spool/open-spools.ts';

/** What became of a request to the webhook path, or of a connection that sent no complete request. */
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

/** The kind of event in a request; `none` if it was refused before its body was recognised. */
export const webhookEvents = ['callLog', 'voicemail', 'unrecognised', 'none'] as const;

export type WebhookEvent = (typeof webhookEvents)[number];

/** The metrics of the ingress. Labels take the values listed here and no others. */
export type IngressMetrics = Readonly<{
  /**
   * `seconds` is null if there was no complete request. `traceId` is the id of a sampled trace (32 hex digits) or null;
   * it becomes the exemplar of the request's duration.
   */
  answered: (event: WebhookEvent, outcome: Outcome, seconds: number | null, traceId: string | null) => void;
  unrecognised: (reason: string) => void;
  authFailed: () => void;
  internalError: () => void;
  kafkaProblem: () => void;
  lanes: LaneObserver;
  exposePublisher: (publisher: Publisher) => void;
  exposeSpool: (spools: Pick<Spools, 'state'>) => void;
}>;

const latencyBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

export function createIngressMetrics(registry: Registry): IngressMetrics {
  const registers = [registry];
  const webhooks = new Counter({
    name: 'vxt_webhooks_total',
    help: 'Requests to the webhook path, including incomplete ones, by kind of event and by outcome.',
    labelNames: ['event', 'outcome'],
    registers,
  });
  for (const event of webhookEvents)
    if (event !== 'none') for (const outcome of ['accepted', 'spooled']) webhooks.inc({ event, outcome }, 0);
  for (const outcome of outcomes)
    if (outcome !== 'accepted' && outcome !== 'spooled') webhooks.inc({ event: 'none', outcome }, 0);
  const duration = createHistogramWithExemplars(registry, {
    name: 'vxt_webhook_duration_seconds',
    help: 'Time from the first byte of a request to its answer.',
    buckets: latencyBuckets,
  });
  const unrecognised = new Counter({
    name: 'vxt_webhooks_unrecognised_total',
    help: 'Webhooks kept byte for byte because they fit no schema, by reason. VXT may have changed its contract.',
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
    help: 'Exceptions in the ingress itself: neither the sender nor Kafka is at fault. The log says where.',
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
    exposePublisher: (publisher) => exposePublisher(publisher, registers),
    exposeSpool: (spools) => exposeSpool(spools, registers),
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
    help: 'Records sent again although they may already be in the log, on a new producer or after a restart. Readers count duplicates once.',
    registers,
  });
  const renewals = new Counter({
    name: 'vxt_publish_producer_renewals_total',
    help: 'Producers discarded, because a send failed for good or because their sequence numbers were about to wrap.',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of ['failure', 'sequence']) renewals.inc({ reason }, 0);
  const refusals = new Counter({
    name: 'vxt_publish_refusals_total',
    help: 'How often a broker refused records of a topic for a reason that an operator must fix, by Kafka’s error name.',
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

function exposePublisher(publisher: Publisher, registers: Registry[]): void {
  gauge('vxt_publish_queue_records', 'Webhooks waiting for Kafka.', () => publisher.state().records, registers);
  gauge('vxt_publish_queue_bytes', 'Bytes waiting for Kafka.', () => publisher.state().bytes, registers);
  gauge(
    'vxt_publish_up',
    '1 while every lane has a connected producer, else 0.',
    () => (publisher.state().up ? 1 : 0),
    registers,
    'min',
  );
}

function exposeSpool(spool: Pick<Spools, 'state'>, registers: Registry[]): void {
  gauge('vxt_spool_records', 'Webhooks waiting on disk.', () => spool.state().records, registers);
  gauge('vxt_spool_bytes', 'Disk space taken by the spool, in bytes.', () => spool.state().bytes, registers);
  gauge(
    'vxt_spool_oldest_age_seconds',
    'Age of the oldest webhook waiting on disk; 0 if there is none.',
    () => (spool.state().oldestAgeMs ?? 0) / 1000,
    registers,
    'max',
  );
}

/** `aggregator`: how the values of several workers are combined. */
function gauge(
  name: string,
  help: string,
  read: () => number,
  registers: Registry[],
  aggregator: 'sum' | 'min' | 'max' = 'sum',
): void {
  new Gauge({
    name,
    help,
    aggregator,
    registers,
    collect() {
      this.set(read());
    },
  });
}
