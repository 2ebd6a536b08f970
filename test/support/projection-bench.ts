import { randomBytes } from 'node:crypto';
import { connectRegistry } from '../../services/shared/avro/registry.ts';
import { type TopicId, topicName } from '../../services/shared/call-events/topics.ts';
import { hangingPartitions, readEvents, readTable } from './committed-table.ts';
import { eventually } from './eventually.ts';
import { testKafka } from './kafka-log.ts';
import { naiveTotals, totalsByKey } from './naive-totals.ts';
import { createInputRecords, type InputRecord, produce, type TestEvent } from './produce-events.ts';
import { randomEvents } from './random-events.ts';

const sharedStack = () => ({
  brokers: process.env.KAFKA_BROKERS ?? '',
  registryUrl: process.env.SCHEMA_REGISTRY_URL ?? '',
});

/** Topics of its own on a broker, what writes events to them, and what compares totals with the log. */
export async function projectionBench(partitions = 3, { brokers, registryUrl: url } = sharedStack()) {
  const prefix = `t${randomBytes(3).toString('hex')}.`;
  const registry = connectRegistry({ url, username: null, password: null });
  const kafka = testKafka(brokers);
  const name = (topic: TopicId): string => topicName(prefix, topic);
  const toRecord = await createInputRecords(registry, prefix, partitions);
  const outputs = (['userCallMetrics', 'callMetricsState', 'callMetricsSeen', 'deadLetters'] as const).map(name);

  /** Sums by key in the table and in the log of the inputs. */
  const both = async () => ({
    table: totalsByKey(await readTable(brokers, prefix, registry)),
    log: naiveTotals(await readEvents(brokers, prefix, registry), partitions),
  });
  return {
    prefix,
    kafka,
    brokers,
    name,
    outputs,
    toRecord,
    environment: {
      KAFKA_BROKERS: brokers,
      SCHEMA_REGISTRY_URL: url,
      KAFKA_TOPIC_PREFIX: prefix,
      KAFKA_PARTITIONS: String(partitions),
    },
    write: (events: readonly TestEvent[], batch?: number) => produce(kafka, events.map(toRecord), batch),
    /** Writes random events, 20 at a time, until this settles; resolves to how it did. */
    writeUntil: async <T>(done: Promise<T>, seed: number): Promise<T> => {
      let writing = true;
      const stop = (): void => {
        writing = false;
      };
      done.then(stop, stop);
      for (let round = 0; writing; round += 1) {
        await produce(kafka, randomEvents({ count: 200, seed: seed + round }).map(toRecord), 20);
      }
      return done;
    },
    writeRecords: (records: readonly InputRecord[]) => produce(kafka, records),
    both,
    hanging: () => hangingPartitions(brokers, outputs),
    /** Waits until the table says what the log says; returns the last of both, to be compared by the test. */
    settle: async (deadlineMs = 60_000) => {
      let last = await both();
      const same = () => JSON.stringify([...last.table].sort()) === JSON.stringify([...last.log].sort());
      await eventually(
        async () => {
          last = await both();
          return same();
        },
        { deadlineMs, everyMs: 500 },
      ).catch(() => undefined);
      return last;
    },
  };
}
