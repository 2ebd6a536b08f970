import { expect, test } from '@jest/globals';
import { runRebuild, startCallMetricsProcess } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { randomEvents } from '../support/random-events.ts';
import { readinessOf } from '../support/service-process.ts';

type Bench = Awaited<ReturnType<typeof projectionBench>>;

/** Deletes what nobody has read yet; gives what it leaves. */
async function deleteUnread(bench: Bench): Promise<void> {
  await bench.write(randomEvents({ count: 500, seed: 112 }));
  const admin = bench.kafka.admin();
  await admin.connect();
  const topic = bench.name('callLogs');
  const end = (await admin.fetchTopicOffsets(topic)).find(({ partition }) => partition === 0)?.high ?? '0';
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: end }] });
  await admin.disconnect();
}

async function makeAnew(bench: Bench): Promise<void> {
  const admin = bench.kafka.admin();
  await admin.connect();
  const topic = bench.name('callLogs');
  await admin.deleteTopics({ topics: [topic] });
  await eventually(async () => !(await admin.listTopics()).includes(topic));
  await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true });
  await admin.disconnect();
}

async function makeAnewAndGrow(bench: Bench): Promise<void> {
  await makeAnew(bench);
  await bench.write(randomEvents({ count: 4_000, seed: 115 }));
}

test.each<[string, (bench: Bench) => Promise<void>, string]>([
  ['records are deleted before they were read', deleteUnread, 'were deleted before they were read'],
  ['an input is made anew', makeAnew, 'made anew'],
  ['an input is made anew and grows past what was read of it', makeAnewAndGrow, 'another record at offset'],
])(
  'When %s, then the partition stops, readiness says what to do, and the rebuild it names goes on from what there is',
  async (_what, harm, said) => {
    const bench = await projectionBench();
    const before = await startCallMetricsProcess(bench.environment);
    await bench.write(randomEvents({ count: 2_000, seed: 111 }));
    await bench.settle();
    expect(await before.end('SIGTERM')).toBe(0);
    await harm(bench);

    const stopped = await startCallMetricsProcess(bench.environment, { ready: false });
    const reasons = await eventually(
      async () => {
        const answer = await readinessOf(stopped).catch(() => '');
        return answer.includes('partition 0 is stopped') ? answer : null;
      },
      { deadlineMs: 60_000, what: () => `the partition to stop; ${stopped.output()}` },
    );
    expect(reasons).toMatch(/^503 /);
    expect(reasons).toContain(said);
    expect(reasons).toContain('npm run rebuild');
    // A partition that does not run falls behind, and the alert on its lag must see it.
    await bench.write(randomEvents({ count: 500, seed: 112 }));
    await eventually(
      async () => {
        const metrics = await fetch(`${stopped.adminUrl}/metrics`).then((response) => response.text());
        return /^vxt_projection_lag_seconds\{[^}]*partition="0"\} [1-9]/m.test(metrics);
      },
      { deadlineMs: 30_000, what: () => 'the lag of the partition that stopped' },
    );
    await stopped.end('SIGTERM');

    const refused = await runRebuild(bench.environment);
    expect([refused.code, refused.output]).toEqual([
      1,
      expect.stringMatching(/Nothing was published.*--allow-decrease/),
    ]);
    const { code, output } = await runRebuild(bench.environment, ['--yes', '--allow-decrease']);
    expect([code, output]).toEqual([0, expect.stringContaining('become smaller')]);

    const after = await startCallMetricsProcess(bench.environment);
    await bench.write(randomEvents({ count: 500, seed: 113 }));
    const { table, log } = await bench.settle();
    expect(table).toEqual(log);
    await after.end('SIGTERM');
  },
  240_000,
);
