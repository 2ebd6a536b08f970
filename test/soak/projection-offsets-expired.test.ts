import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startAgingStack } from '../support/aging-stack.ts';
import { startCallMetricsProcess } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { randomEvents } from '../support/random-events.ts';

let stack: Awaited<ReturnType<typeof startAgingStack>>;

beforeAll(async () => {
  stack = await startAgingStack();
});
afterAll(async () => {
  await stack?.stop();
});

test('When it is down until its group’s offsets have expired, then it goes on at the position in its state and reads nothing twice', async () => {
  const bench = await projectionBench(2, stack);
  const admin = bench.kafka.admin();
  await admin.connect();
  const topics = [bench.name('callLogs'), bench.name('voicemails')];
  const committedOffsets = async (): Promise<readonly number[]> => {
    const found = await admin.fetchOffsets({ groupId: `${bench.prefix}call-metrics`, topics });
    return found.flatMap(({ partitions }) => partitions.map(({ offset }) => Number(offset)));
  };
  const before = await startCallMetricsProcess(bench.environment);
  await bench.write(randomEvents({ count: 1_000, seed: 81, duplicates: 0 }), 100);
  await bench.settle();
  await eventually(
    async () => {
      // Offsets are told with a commit, at most every 5 s.
      await bench.write(randomEvents({ count: 20, seed: Date.now(), duplicates: 0 }));
      return (await committedOffsets()).some((offset) => offset > 0);
    },
    { everyMs: 1_000, what: () => 'offsets of the group' },
  );
  await bench.settle();
  expect(await before.end('SIGTERM')).toBe(0);
  await eventually(async () => (await committedOffsets()).every((offset) => offset === -1), {
    deadlineMs: 150_000,
    everyMs: 1_000,
    what: () => 'the offsets of the group to expire',
  });
  await admin.disconnect();
  await bench.write(randomEvents({ count: 1_000, seed: 82, duplicates: 0 }), 100);

  const after = await startCallMetricsProcess(bench.environment);

  const { table, log } = await bench.settle();
  expect(table).toEqual(log);
  const metrics = await (await fetch(`${after.adminUrl}/metrics`)).text();
  const counted = (outcome: string): number =>
    [...metrics.matchAll(new RegExp(`^vxt_projection_events_total\\{.*outcome="${outcome}"\\} (\\d+)`, 'gm'))].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
  expect([counted('applied'), counted('duplicate')]).toEqual([1_000, 0]);
  expect(await after.end('SIGTERM')).toBe(0);
}, 360_000);
