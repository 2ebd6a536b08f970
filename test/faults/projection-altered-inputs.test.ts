import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  alterInputs,
  onlyCalls,
  PARTITIONS,
  samplesOf,
  totalsOf,
  untilReadinessSays,
} from '../support/altered-inputs.ts';
import { type CallMetricsProcess, startCallMetricsProcess } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import type { TestEvent } from '../support/produce-events.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { randomEvents } from '../support/random-events.ts';
import { readinessOf } from '../support/service-process.ts';

const HELD = 'vxt_projection_partition_held_seconds';
const KEPT = { 'retention.ms': '-1', 'max.message.bytes': '4194304', 'message.timestamp.type': 'LogAppendTime' };

let bench: Awaited<ReturnType<typeof projectionBench>>;
let inputs: Awaited<ReturnType<typeof alterInputs>>;
let service: CallMetricsProcess;
let before: readonly TestEvent[];

beforeEach(async () => {
  bench = await projectionBench(PARTITIONS);
  service = await startCallMetricsProcess(bench.environment);
  inputs = await alterInputs(bench);
  before = randomEvents({ count: 900, seed: 161 });
  await bench.write(before);
  const { table, expected } = await totalsOf(bench, before);
  expect(table).toEqual(expected);
});
afterEach(async () => {
  await service.end('SIGKILL');
  await inputs.close();
});

const inPartition = (event: TestEvent): number => bench.toRecord(event).partition;
const namesWayOut = (answer: string): void => {
  expect(answer).toMatch(/^503 /);
  expect(answer).toContain('Nothing was skipped');
  expect(answer).toContain('npm run rebuild');
};

test.each([
  ['and grows past what was read of it', 1_800],
  ['and stays shorter', 60],
  ['and stays empty', 0],
])(
  'When an input is recreated while it is read %s, then its partitions stop and no total changes',
  async (_how, count) => {
    await inputs.recreate();
    const after = onlyCalls(randomEvents({ count, seed: 162 }));
    await bench.write(after, 100);

    const stopped = [0, 1, 2].map((partition) => `partition ${partition} is stopped`);
    const answer = await untilReadinessSays(service, [...stopped, 'made anew']);
    namesWayOut(answer);
    const held = await samplesOf(service, HELD);
    expect(held.filter((line) => line.includes(`phase="stopped",topic="${inputs.topic}"`))).toHaveLength(PARTITIONS);
    expect(held.every((line) => line.includes('reason="changed"'))).toBe(true);
    const { table, expected } = await totalsOf(bench, before, 2_000);
    expect(table).toEqual(expected);
    expect(service.child.exitCode).toBeNull();
  },
  180_000,
);

test('When records are deleted before they are read, then their partition stops and names them; the others go on', async () => {
  service.child.kill('SIGSTOP');
  // A fetch that was under way when it stopped would bring the first of them: it ends after 100 ms.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const unread = onlyCalls(randomEvents({ count: 300, seed: 163 }));
  await bench.write(unread);
  await inputs.deleteRecords(0);
  service.child.kill('SIGCONT');

  const answer = await untilReadinessSays(service, ['partition 0 is stopped', 'were deleted before they were read']);
  namesWayOut(answer);
  const read = before.filter((event) => event.event === 'callLog' && inPartition(event) === 0).length;
  const deleted = unread.filter((event) => inPartition(event) === 0).length;
  const records = `${read} to ${read + deleted - 1}`;
  expect(answer).toContain(`records ${records} were deleted`);
  expect(await samplesOf(service, HELD)).toEqual([
    expect.stringContaining(
      `partition="0",phase="stopped",topic="${inputs.topic}",records="${records}",reason="deleted"`,
    ),
  ]);
  const later = randomEvents({ count: 300, seed: 164 });
  await bench.write(later);
  const others = [...unread, ...later].filter((event) => inPartition(event) !== 0);
  const { table, expected } = await totalsOf(bench, [...before, ...others]);
  expect(table).toEqual(expected);
}, 180_000);

test('When records that were counted are deleted, then everything goes on, now and after a restart', async () => {
  for (const partition of [0, 1, 2]) await inputs.deleteRecords(partition);
  const after = randomEvents({ count: 300, seed: 165 });
  await bench.write(after);
  const counted = await totalsOf(bench, [...before, ...after]);
  expect(counted.table).toEqual(counted.expected);
  await inputs.deleteRecords(1);
  expect(await service.end('SIGTERM')).toBe(0);

  service = await startCallMetricsProcess(bench.environment);

  const later = randomEvents({ count: 300, seed: 166 });
  await bench.write(later);
  const { table, expected } = await totalsOf(bench, [...before, ...after, ...later]);
  expect(table).toEqual(expected);
  expect(await readinessOf(service)).toMatch(/^200 /);
}, 180_000);

test('When partitions are added to an input, then readiness names them and their records; the others go on and no total changes', async () => {
  await inputs.addPartitions(PARTITIONS + 2);
  const [stray] = onlyCalls(randomEvents({ count: 20, seed: 167 }));
  if (stray === undefined) throw new Error('No call');
  await eventually(() =>
    bench.writeRecords([{ ...bench.toRecord(stray), partition: 4 }]).then(
      () => true,
      () => false,
    ),
  );

  const said = [`partitions 3 to 4 were added to ${inputs.topic}`, 'the 1 records in them are not counted'];
  expect(await untilReadinessSays(service, said)).toMatch(/^503 /);
  expect(await samplesOf(service, 'vxt_projection_unread_records')).toEqual([
    `vxt_projection_unread_records{topic="${inputs.topic}"} 1`,
  ]);
  const after = randomEvents({ count: 300, seed: 168 });
  await bench.write(after);
  const { table, expected } = await totalsOf(bench, [...before, ...after]);
  expect(table).toEqual(expected);
}, 180_000);

test('When an input is altered so that a promise breaks, then readiness names the command that mends it, a start is refused with it, and it goes on once it is mended', async () => {
  await inputs.configure({ ...KEPT, 'cleanup.policy': 'compact' });

  const command = `kafka-configs.sh --bootstrap-server ${bench.brokers} --alter --entity-type topics --entity-name ${inputs.topic} --add-config cleanup.policy=delete`;
  expect(await untilReadinessSays(service, [command])).toMatch(/^503 /);
  expect(await samplesOf(service, 'vxt_projection_topic_settings_refused')).toEqual([
    'vxt_projection_topic_settings_refused 1',
  ]);
  const refused = await startCallMetricsProcess(bench.environment, { ready: false });
  await eventually(() => refused.child.exitCode !== null);
  expect([refused.child.exitCode, refused.output()]).toEqual([1, expect.stringContaining(command)]);
  await inputs.configure({ ...KEPT, 'cleanup.policy': 'delete' });
  await eventually(async () => (await readinessOf(service).catch(() => '')).startsWith('200 '), { deadlineMs: 60_000 });
  const after = randomEvents({ count: 300, seed: 169 });
  await bench.write(after);
  const { table, expected } = await totalsOf(bench, [...before, ...after]);
  expect(table).toEqual(expected);
}, 180_000);
