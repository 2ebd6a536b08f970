import { createReader } from '../../../services/shared/avro/reader.ts';
import type { Registry } from '../../../services/shared/avro/registry.ts';
import type { UserCallMetrics } from '../../../services/shared/call-events/avro-types.generated.ts';
import { startTableReader, type TableRecord } from '../../../services/shared/kafka/table-reader.ts';
import { testKafka } from '../kafka-log.ts';

/** Every record of a topic, in the order of each partition. */
export async function readRecords(brokers: string, topic: string): Promise<readonly TableRecord[]> {
  const all: TableRecord[] = [];
  const reader = startTableReader(testKafka(brokers), { topics: [topic], groupPrefix: 'test-' }, (records) => {
    all.push(...records);
  });
  await Promise.race([reader.caughtUp, reader.failed.then((error) => Promise.reject(error))]);
  await reader.stop();
  return all;
}

/** The newest totals of each key that a task wrote: other writers write without a transaction. */
export async function readOwnTable(
  brokers: string,
  topic: string,
  registry: Registry,
): Promise<ReadonlyMap<string, UserCallMetrics>> {
  const reader = createReader<UserCallMetrics>(registry, 'user-call-metrics');
  const own = (await readRecords(brokers, topic)).filter(({ transactional }) => transactional);
  await reader.learn(own.flatMap(({ value }) => (value === null ? [] : [value])));
  const table = new Map<string, UserCallMetrics>();
  for (const { key, value } of own) {
    const decoded = value === null ? null : reader.decode(value);
    if (decoded?.ok) table.set(key ?? '', decoded.value);
    else table.delete(key ?? '');
  }
  return table;
}
