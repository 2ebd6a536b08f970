import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { currentSchema } from '../../dev/schemas/released-schemas.ts';
import { onlyCalls, PARTITIONS, samplesOf, totalsOf, untilReadinessSays } from '../support/altered-inputs.ts';
import { type CallMetricsProcess, startCallMetricsProcess } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import type { TestEvent } from '../support/produce-events.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { randomEvents } from '../support/random-events.ts';
import { readinessOf } from '../support/service-process.ts';
import { type RegistryDouble, startRegistryDouble } from '../unit/avro/registry-double.ts';

/** Of a schema that no service has asked for yet. */
const NEW_SCHEMA_ID = 99;

let registry: RegistryDouble;
let bench: Awaited<ReturnType<typeof projectionBench>>;
let service: CallMetricsProcess;
beforeAll(async () => {
  registry = await startRegistryDouble();
  bench = await projectionBench(PARTITIONS, { brokers: process.env.KAFKA_BROKERS ?? '', registryUrl: registry.url });
  service = await startCallMetricsProcess(bench.environment);
});
afterAll(async () => {
  await service?.end('SIGKILL');
  await registry?.stop();
});

test('When the registry hangs for a record of one partition, then the others go on, readiness and metrics name it, and it goes on by itself', async () => {
  const before = randomEvents({ count: 600, seed: 171 });
  await bench.write(before);
  expect((await totalsOf(bench, before)).table.size).toBeGreaterThan(50);
  const inPartition = (event: TestEvent): number => bench.toRecord(event).partition;
  const [held] = onlyCalls(randomEvents({ count: 60, seed: 172 })).filter((event) => inPartition(event) === 0);
  if (held === undefined) throw new Error('No call of partition 0');
  const record = bench.toRecord(held);
  const value = Buffer.from(record.value);
  value.writeInt32BE(NEW_SCHEMA_ID, 1);
  registry.answerWith('silence');

  await bench.writeRecords([{ ...record, value }]);
  const later = randomEvents({ count: 600, seed: 173 });
  await bench.write(later);
  await untilHeld();
  const behind = async () => {
    const lags = (await samplesOf(service, 'vxt_projection_lag_records')).filter((line) => !line.endsWith(' 0'));
    return new Set(lags.flatMap((line) => /partition="(\d+)"/.exec(line)?.[1] ?? []));
  };
  await eventually(async () => isDeepStrictEqual(await behind(), new Set(['0'])), {
    deadlineMs: 20_000,
    what: () => 'the other partitions to go on, and only them',
  });
  const answer = await untilReadinessSays(service, ['partition 0 is waiting']);
  expect(answer).toMatch(/^503 /);
  expect(answer).not.toMatch(/partition [12]/);

  registry.schemas.set(NEW_SCHEMA_ID, currentSchema('call-log'));
  registry.answerWith('registry');

  const { table, expected } = await totalsOf(bench, [...before, held, ...later], 60_000);
  expect(table).toEqual(expected);
  await eventually(async () => (await readinessOf(service).catch(() => '')).startsWith('200 '), { deadlineMs: 30_000 });
}, 180_000);

const untilHeld = (): Promise<boolean> =>
  eventually(async () => {
    const samples = await samplesOf(service, 'vxt_projection_partition_held_seconds');
    return samples.length === 1 && samples[0]?.includes('partition="0",phase="waiting"') === true;
  });
