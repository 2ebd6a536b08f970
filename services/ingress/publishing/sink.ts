import type { BrokerWatch } from '../../shared/kafka/client/broker-watch.ts';
import type { OutgoingRecord } from '../../shared/kafka/publisher/outgoing-record.ts';
import type { Publisher } from '../../shared/kafka/publisher/publisher.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { IngressConfig } from '../config.ts';
import type { Encoders } from '../domain/event-message.ts';
import type { IngressState } from '../domain/readiness.ts';
import type { IngressMetrics } from '../monitoring/ingress-metrics.ts';
import type { DurableOutcome } from '../spool/publish-or-spool.ts';
import type { WorkerSlot } from '../workers/worker-slot.ts';

/** Where records go, and the state that readiness depends on. */
export type Sink = Readonly<{
  publish: (record: OutgoingRecord) => Promise<DurableOutcome>;
  /** Null until the schema ids are known. */
  encoders: () => Encoders | null;
  publishingStopped: () => IngressState['publishingStopped'];
  spoolProblem: () => IngressState['spoolProblem'];
  spoolHolds: () => boolean;
  /** `stuck`: the spool's disk has stalled. */
  close: () => Promise<'closed' | 'stuck'>;
}>;

/** A sink with its connections to Kafka, which are closed after it. */
export type OpenedSink = Readonly<{ publisher: Publisher; broker: BrokerWatch; sink: Sink }>;

export type SinkOptions = Readonly<{
  config: IngressConfig;
  worker: WorkerSlot;
  metrics: IngressMetrics;
  logger: Logger;
  partitionOf: (key: string | null) => number;
}>;
