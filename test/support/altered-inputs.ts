import { type Admin, ConfigResourceTypes } from 'kafkajs';
import { withLeaders } from '../../services/shared/kafka/with-leaders.ts';
import type { CallMetricsProcess } from './call-metrics.ts';
import { eventually } from './eventually.ts';
import { naiveTotals } from './naive-totals.ts';
import type { TestEvent } from './produce-events.ts';
import type { projectionBench } from './projection-bench.ts';
import { readinessOf } from './service-process.ts';

type Bench = Awaited<ReturnType<typeof projectionBench>>;

export const PARTITIONS = 3;

/** What an operator, or an accident, does to the topic of calls. */
export async function alterInputs(bench: Bench) {
  const admin: Admin = bench.kafka.admin();
  await admin.connect();
  const topic = bench.name('callLogs');
  const endOf = async (partition: number): Promise<string> =>
    (await admin.fetchTopicOffsets(topic)).find((one) => one.partition === partition)?.high ?? '0';
  return {
    topic,
    recreate: async (): Promise<void> => {
      await admin.deleteTopics({ topics: [topic] });
      await eventually(async () => !(await admin.listTopics()).includes(topic));
      const topics = [{ topic, numPartitions: PARTITIONS }];
      await withLeaders(() => admin.createTopics({ topics, waitForLeaders: true }));
    },
    /** What `kafka-delete-records.sh` does with the offset -1. */
    deleteRecords: async (partition: number): Promise<void> => {
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: await endOf(partition) }] });
    },
    addPartitions: (count: number) => admin.createPartitions({ topicPartitions: [{ topic, count }] }),
    configure: async (config: Readonly<Record<string, string>>): Promise<void> => {
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
      const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }];
      await admin.alterConfigs({ validateOnly: false, resources });
    },
    close: () => admin.disconnect(),
  };
}

export const onlyCalls = (events: readonly TestEvent[]): readonly TestEvent[] =>
  events.filter(({ event }) => event === 'callLog');

/** Waits until the table says what these events add up to, and nothing else; gives both, to be compared by the test. */
export async function totalsOf(bench: Bench, events: readonly TestEvent[], deadlineMs = 30_000) {
  const expected = naiveTotals(events, PARTITIONS);
  const table = async () => (await bench.both()).table;
  let last = await table();
  const same = () => JSON.stringify([...last].sort()) === JSON.stringify([...expected].sort());
  await eventually(
    async () => {
      last = await table();
      return same();
    },
    { deadlineMs, everyMs: 500 },
  ).catch(() => undefined);
  return { table: last, expected };
}

/** Waits until /readyz says all of these, and gives its answer. */
export const untilReadinessSays = (
  service: CallMetricsProcess,
  said: readonly string[],
  deadlineMs = 60_000,
): Promise<string> =>
  eventually(
    async () => {
      const answer = await readinessOf(service).catch(() => '');
      return said.every((one) => answer.includes(one)) ? answer : null;
    },
    { deadlineMs, everyMs: 200, what: () => `/readyz to say ${said.join(' and ')}; ${service.output()}` },
  );

/** The lines of a metric that a service exposes. */
export async function samplesOf(service: CallMetricsProcess, metric: string): Promise<readonly string[]> {
  const page = await fetch(`${service.adminUrl}/metrics`).then((response) => response.text());
  return page.split('\n').filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `));
}
