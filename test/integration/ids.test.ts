import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { scanIds } from '../../services/call-metrics/ids/scan-ids.ts';
import { kafkaSettings, registrySettings } from '../../services/shared/config/common-settings.ts';
import { readSettingGroups } from '../../services/shared/config/settings.ts';
import { createLogger } from '../../services/shared/observability/logger.ts';
import { startCallMetricsProcess } from '../support/call-metrics.ts';
import { readLog } from '../support/kafka-log.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { randomEvents } from '../support/random-events.ts';
import { call, voicemail } from '../unit/call-metrics/events.ts';

const main = join(import.meta.dirname, '../../services/call-metrics/ids/main.ts');
const user = (uid: string) => ({ type: 'user' as const, uid, email: `${uid}@example.com` });

let bench: Awaited<ReturnType<typeof projectionBench>>;
/** Between what came first and what came later, by log time. */
let betweenMs: number;

/** Runs the command with nothing of this process's environment but PATH. */
const run = (...args: string[]): Promise<{ code: unknown; lines: readonly string[]; said: string }> =>
  new Promise((resolve) => {
    const env = { PATH: process.env.PATH, ...bench.environment, NODE_NO_WARNINGS: '1' };
    execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, lines: stdout.trim().split('\n'), said: stderr });
    });
  });

/** Where the records of an id are, in the order of their partitions. */
async function placesOf(id: string): Promise<readonly string[]> {
  const log = await readLog(bench.brokers, [bench.name('callLogs'), bench.name('voicemails')]);
  return log
    .filter(({ value }) => value?.includes(`${id}`))
    .map(({ topic, partition, offset }) => `${topic}/${partition}/${offset}`);
}

beforeAll(async () => {
  bench = await projectionBench();
  // It makes the topics.
  await (await startCallMetricsProcess(bench.environment)).end();
  // What is sent again, an id of a call and a voicemail, and poison: none of these counts twice.
  const once = call({ id: 'sent-again', user: user('u-1') });
  await bench.write([
    once,
    once,
    call({ id: 'call-and-voicemail', user: user('u-1') }),
    voicemail({ id: 'call-and-voicemail', user: user('u-2') }),
    ...randomEvents({ count: 300, seed: 5 }),
  ]);
  const stray = bench.toRecord(call({ id: 'sent-again', user: user('u-9') }));
  await bench.writeRecords([
    { ...stray, value: Buffer.from('no Avro') },
    { ...stray, partition: (stray.partition + 1) % 3 },
  ]);
  expect((await run()).code).toBe(0);
  betweenMs = Date.now();
  await bench.write([
    call({ id: 'two-users', user: user('u-1') }),
    call({ id: 'two-users', user: user('u-2') }),
    call({ id: 'two-users', user: user('u-2') }),
    call({ id: 'user-and-nobody', user: user('u-1') }),
    call({ id: 'user-and-nobody', user: null, phoneNumberE164: null }),
    voicemail({ id: 'user-and-"number"', user: user('u-3') }),
    voicemail({ id: 'user-and-"number"', user: null, phoneNumberE164: '+6495550199' }),
  ]);
});

describe('npm run ids', () => {
  test('When an id came under two users, or a user and a number or nobody, then it is listed with the first record of each, and the exit code is 2', async () => {
    const { code, lines } = await run();
    expect(code).toBe(2);
    expect(lines).toHaveLength(5);
    const twoUsers = await placesOf('two-users');
    expect(twoUsers).toHaveLength(3);
    const [, listed = ''] = /^callLog "two-users" counts 2 times: (.+)$/.exec(lines[0] ?? '') ?? [];
    const places = listed.split(' ');
    expect(places).toHaveLength(2);
    for (const place of places) expect(twoUsers).toContain(place);
    expect(lines[1]).toMatch(/^callLog "user-and-nobody" counts 2 times: /);
    expect(lines[2]).toMatch(/^voicemail "user-and-\\"number\\"" counts 2 times: /);
    expect(new Set(lines[2]?.split(': ')[1]?.split(' '))).toEqual(new Set(await placesOf('user-and-"number"')));
    expect(lines[3]).toBe('left out, as call-metrics does not count them: 2 records');
    expect(lines[4]).toMatch(/^3 ids count for more than one user or number, in \d+ offsets$/);
    expect(lines.join()).not.toMatch(/u-\d|example\.com|\+64/);
  });

  test('When the log is read in several passes, then the same is found, and memory holds a part of the ids at a time', async () => {
    const config = readSettingGroups({ kafka: kafkaSettings, registry: registrySettings }, bench.environment);
    const totals: number[] = [];
    const report = await scanIds({
      config,
      sinceMs: null,
      logger: createLogger('ids', 'silent'),
      onProgress: (_read, total) => totals.push(total),
      recordsPerPass: 120,
    });
    expect(report.shared.map(({ id, places }) => [id, places.length])).toEqual([
      ['two-users', 2],
      ['user-and-nobody', 2],
      ['user-and-"number"', 2],
    ]);
    expect(Math.max(...totals)).toBe(report.records * (Math.ceil(report.records / 120) + 1));
  });

  test('When a time is given, then only what came since then is read', async () => {
    const { code, lines } = await run('--since', new Date(betweenMs).toISOString());
    expect([code, lines.at(-1)]).toEqual([2, '3 ids count for more than one user or number, in 7 offsets']);
    const later = new Date(Date.now() + 3_600_000).toISOString();
    expect((await run('--since', later)).lines).toEqual(['0 ids count for more than one user or number, in 0 offsets']);
  });

  test.each([
    [['--since', 'yesterday'], 'Give 2026-11-22'],
    [['--since', '2026-13-01'], 'Give 2026-11-22'],
    [['--sinse'], 'unknown option'],
    [['now'], 'too many arguments'],
  ])('When it is called with %j, then it says what is wrong, reads nothing and exits 1', async (args, said) => {
    expect(await run(...args)).toMatchObject({ code: 1, lines: [''], said: expect.stringContaining(said) });
  });

  test('When it is asked for help, then it reads nothing and exits 0', async () => {
    const { code, lines } = await run('--help');
    expect([code, lines.join()]).toEqual([0, expect.stringContaining('--since <time>')]);
  });

  test('When a topic is missing, then it says which, and exits 1', async () => {
    const env = { PATH: process.env.PATH, ...bench.environment, KAFKA_TOPIC_PREFIX: 'nowhere.' };
    const failed = new Promise((resolve) => {
      execFile(process.execPath, [main], { env }, (error, _stdout, stderr) => resolve({ code: error?.code, stderr }));
    });
    expect(await failed).toMatchObject({ code: 1, stderr: expect.stringContaining('nowhere.call-logs') });
  });
});
