import { Counter, type Registry } from './prometheus.ts';

/** Counts what goes wrong with the brokers: call the answer once for each problem. */
export function countKafkaErrors(registry: Registry): () => void {
  const counter = new Counter({
    name: 'vxt_kafka_errors_total',
    help: 'Problems with brokers as the client reports them: connections lost or refused, errors in answers. Most pass at its next attempt; a few at a rebalance are usual.',
    registers: [registry],
  });
  return () => counter.inc();
}

/** Counts requests to the schema registry that failed for good: call the answer once for each. */
export function countRegistryErrors(registry: Registry): () => void {
  const counter = new Counter({
    name: 'vxt_schema_registry_errors_total',
    help: 'Requests to the schema registry that failed, after two more attempts. It is asked for each schema once.',
    registers: [registry],
  });
  return () => counter.inc();
}
