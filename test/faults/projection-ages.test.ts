import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createCodecs } from '../../services/call-metrics/codecs.ts';
import { initialState, snapshot } from '../../services/call-metrics/domain/totals.ts';
import { connectRegistry } from '../../services/shared/avro/registry.ts';
import { LIFETIME, tableKey } from '../../services/shared/call-events/table-key.ts';
import { startAgingStack } from '../support/aging-stack.ts';
import { type CallMetricsProcess, startCallMetricsProcess } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { randomEvents } from '../support/random-events.ts';

const PARTITIONS = 2;
const eventsOf = (seed: number) => randomEvents({ count: 500, seed });

let stack: Awaited<ReturnType<typeof startAgingStack>>;
let bench: Awaited<ReturnType<typeof projectionBench>>;
let service: CallMetricsProcess;

beforeAll(async () => {
  stack = await startAgingStack();
  bench = await projectionBench(PARTITIONS, stack);
  service = await startCallMetricsProcess(bench.environment);
});
afterAll(async () => {
  await service?.end('SIGKILL');
  await stack?.stop();
});

const writeAndSettle = async (seed: number): Promise<void> => {
  await bench.write(eventsOf(seed), 100);
  const { table, log } = await bench.settle();
  expect(table).toEqual(log);
};
const untilIdsExpired = () =>
  eventually(() => stack.forgotten([0, 1].map((partition) => `${bench.prefix}call-metrics-${partition}`)), {
    deadlineMs: 60_000,
    everyMs: 1_000,
    what: () => 'the transactional ids to expire',
  });

test('When its transactional ids expire while it runs idle, then it fences and restores, and totals are exact', async () => {
  await writeAndSettle(71);
  await untilIdsExpired();

  await writeAndSettle(72);

  expect(service.output()).toContain('"event":"task-lost"');
  expect(await service.end('SIGTERM')).toBe(0);
});

test('When its transactional ids expire while it is down, then it goes on where it stood', async () => {
  await untilIdsExpired();
  await bench.write(eventsOf(73), 100);

  service = await startCallMetricsProcess(bench.environment);

  await writeAndSettle(74);
});

/** Bytes of key and value of a record that leaves no room in a segment of 1 MiB for an empty batch, so that the cleaner merges neither. */
const FULL_SEGMENT = 1_048_491;

test('When the first segment of its table holds only an empty batch, then it restores and goes on', async () => {
  const own = await projectionBench(1, stack);
  const table = own.name('userCallMetrics');
  const registry = connectRegistry({ url: stack.registryUrl, username: null, password: null });
  const { writer } = (await createCodecs(registry, own.prefix)).table;
  /** The record of a user whom no event counts. */
  const rowOf = (id: string, emailBytes: number) => {
    const firstSeen = { timestamp: 0, partition: 0, offset: 0 };
    const totals = { ...initialState({ kind: 'lifetime' }), firstSeen, userEmail: { string: 'x'.repeat(emailBytes) } };
    const record = snapshot(totals, { type: 'user', id }, { kind: 'lifetime' }, 'UTC');
    if (record === null) throw new Error('The row has no record');
    return { partition: 0, key: tableKey('user', id, LIFETIME), value: writer.encode(record) };
  };
  const bytesOf = ({ key, value }: { key: string; value: Buffer }): number => key.length + value.length;
  const about = FULL_SEGMENT - bytesOf(rowOf('filler', 0));
  const filler = rowOf('filler', about - (bytesOf(rowOf('filler', about)) - FULL_SEGMENT));
  expect(bytesOf(filler)).toBe(FULL_SEGMENT);
  /** By a producer of its own: of each the cleaner keeps the last batch, be it empty. */
  const writeRow = async (row: ReturnType<typeof rowOf>): Promise<void> => {
    const producer = own.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    await producer.send({ topic: table, messages: [row] });
    await producer.disconnect();
  };
  const settled = () =>
    eventually(
      async () => {
        const { table: all, log } = await own.both();
        const counted = [...all].filter(([key]) => !/^user\/(filler|replaced)\//.test(key));
        return counted.length === all.size - 2 && isDeepStrictEqual(new Map(counted), log);
      },
      { deadlineMs: 60_000, everyMs: 500, what: () => 'the table to say what the log says' },
    );
  const firstIsEmpty = (): boolean =>
    isDeepStrictEqual(
      stack.firstSegment(table, 0)?.map(({ records }) => records),
      [0],
    );

  const maker = await startCallMetricsProcess(own.environment);
  expect(await maker.end('SIGTERM')).toBe(0);
  await writeRow(rowOf('replaced', 1));
  await writeRow(filler);
  await writeRow(rowOf('replaced', 2));
  const before = await startCallMetricsProcess(own.environment);
  let seed = 100;
  await eventually(
    async () => {
      seed += 1;
      await own.write(randomEvents({ count: 20, seed }));
      return firstIsEmpty();
    },
    {
      deadlineMs: 60_000,
      everyMs: 500,
      what: () => `the cleaner to empty the first segment: ${JSON.stringify(stack.firstSegment(table, 0))}`,
    },
  );
  await settled();
  expect(await before.end('SIGTERM')).toBe(0);
  await own.write(eventsOf(75));

  const after = await startCallMetricsProcess(own.environment);

  await own.write(eventsOf(76));
  await settled();
  expect(firstIsEmpty()).toBe(true);
  expect(await after.end('SIGTERM')).toBe(0);
});
