import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type JavaStack, startJavaStack } from '../../dev/stack/java-stack.ts';
import { onlyCalls, PARTITIONS, totalsOf, untilReadinessSays } from '../support/altered-inputs.ts';
import { startCallMetricsProcess } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import type { TestEvent } from '../support/produce-events.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { randomEvents } from '../support/random-events.ts';

const directory = mkdtempSync(join(tmpdir(), 'cut-log-'));
let stack: JavaStack;
beforeAll(async () => {
  stack = await startJavaStack({ dataDirectory: directory });
});
afterAll(async () => {
  await stack?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** What a leader that was not in sync, or a disk that lost its end, leaves of a partition's log. */
function cutInHalf(topic: string, partition: number): void {
  const log = join(directory, 'kafka/log', `${topic}-${partition}`);
  const [segment = ''] = readdirSync(log).filter((name) => name.endsWith('.log'));
  truncateSync(join(log, segment), Math.floor(statSync(join(log, segment)).size / 2));
}

test('When a log loses its end and grows past the position again while it is read, then its partition stops and no total changes; the others go on', async () => {
  const bench = await projectionBench(PARTITIONS, stack);
  const service = await startCallMetricsProcess(bench.environment);
  const before = randomEvents({ count: 600, seed: 181 });
  await bench.write(before, 20);
  expect((await totalsOf(bench, before)).table.size).toBeGreaterThan(50);
  const inPartition = (event: TestEvent): number => bench.toRecord(event).partition;

  await stack.kafka.kill();
  cutInHalf(bench.name('callLogs'), 0);
  await stack.kafka.start();
  const after = onlyCalls(randomEvents({ count: 1_500, seed: 182 }));
  await eventually(() =>
    bench.write(after, 500).then(
      () => true,
      () => false,
    ),
  );

  const answer = await untilReadinessSays(service, ['partition 0 is stopped', 'lost its end']);
  expect(answer).toMatch(/^503 /);
  const others = after.filter((event) => inPartition(event) !== 0);
  const { table, expected } = await totalsOf(bench, [...before, ...others], 60_000);
  expect(table).toEqual(expected);
  expect(await service.end('SIGTERM')).toBe(0);
}, 240_000);
