import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { API_TOKEN, type CallMetricsProcess, startCallMetricsProcess } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { readLog } from '../support/kafka-log.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { randomEvents } from '../support/random-events.ts';
import { answered, call, voicemail } from '../unit/call-metrics/events.ts';

const authorization = `Bearer ${API_TOKEN}`;
const get = (service: CallMetricsProcess, path: string, headers: Record<string, string> = {}) =>
  fetch(`${service.url}${path}`, { headers: { authorization, ...headers } });

/** The body as JSON.parse gives it: tests say what they expect of it. */
const json = async (response: Response) => JSON.parse(await response.text());

describe('call-metrics on real Kafka', () => {
  let bench: Awaited<ReturnType<typeof projectionBench>>;
  let service: CallMetricsProcess;

  beforeAll(async () => {
    bench = await projectionBench();
    service = await startCallMetricsProcess(bench.environment);
  });
  afterAll(async () => {
    await service.end('SIGKILL');
  });

  test('When events come, then the table says what the log says, to the millisecond', async () => {
    await bench.write(randomEvents({ count: 2_000, seed: 1 }));
    const { table, log } = await bench.settle();
    expect(table).toEqual(log);
    expect(log.size).toBeGreaterThan(100);
  });

  test('When there are two replicas, then each answers for every user, whoever has the partition', async () => {
    const other = await startCallMetricsProcess(bench.environment);
    const answersOf = async (replica: CallMetricsProcess) => {
      const { users } = await json(await get(replica, '/v1/users?limit=1000'));
      const paths = users.map(({ uid }: { uid: string }) => `/v1/users/${uid}/call-metrics`);
      return Promise.all(paths.map(async (path: string) => json(await get(replica, path))));
    };
    const answers = await answersOf(service);
    expect(answers.length).toBeGreaterThan(10);
    await eventually(async () => JSON.stringify(await answersOf(other)) === JSON.stringify(answers));
    expect(await other.end('SIGTERM')).toBe(0);
  });

  test('When it is stopped and started again, then it exits 0 and the totals and their entity tag are the same', async () => {
    const before = await eventually(async () => {
      const response = await get(service, '/v1/users/u-7/call-metrics');
      return response.status === 200 ? { body: await json(response), etag: response.headers.get('etag') } : null;
    });
    expect(await service.end('SIGTERM')).toBe(0);

    service = await startCallMetricsProcess(bench.environment);

    const after = await get(service, '/v1/users/u-7/call-metrics');
    expect(await json(after)).toEqual(before.body);
    expect(after.headers.get('etag')).toBe(before.etag);
    const known = await get(service, '/v1/users/u-7/call-metrics', { 'if-none-match': before.etag ?? '' });
    expect([known.status, await known.text()]).toEqual([304, '']);
  });

  test('When it is killed in the middle of its work, then its successor goes on and nothing counts twice', async () => {
    const writing = bench.write(randomEvents({ count: 6_000, seed: 2 }), 100);
    for (let kill = 0; kill < 3; kill += 1) {
      const counted = await committed(service);
      await eventually(async () => (await committed(service)) > counted, { deadlineMs: 20_000 }).catch(() => undefined);
      await service.end('SIGKILL');
      service = await startCallMetricsProcess(bench.environment);
    }
    await writing;
    const { table, log } = await bench.settle();
    expect(table).toEqual(log);
    expect(await bench.hanging()).toEqual([]);
  });

  test('When poison lies in the middle of a partition, then it is dead-lettered once and the partition goes on', async () => {
    const good = bench.toRecord(
      call({ id: 'after-poison', user: { type: 'user', uid: 'poisoned', email: 'p@example.com' } }),
    );
    const cutOff = Buffer.concat([good.value.subarray(0, 5), Buffer.from([6])]);
    await bench.writeRecords([{ ...good, value: Buffer.from('not avro at all') }, { ...good, value: cutOff }, good]);

    const answer = await eventually(async () => {
      const response = await get(service, '/v1/users/poisoned/call-metrics');
      return response.status === 200 ? json(response) : null;
    });

    expect(answer).toMatchObject({ lifetime: { inboundMissed: 1 } });
    const letters = await readLog(bench.brokers, [bench.name('deadLetters')]);
    expect(
      letters.map(({ headers, partition }) => [headers.topic, headers.partition, headers.reason, partition]),
    ).toEqual([
      [good.topic, String(good.partition), 'not-wire-format', good.partition],
      [good.topic, String(good.partition), 'corrupt-avro', good.partition],
    ]);
  });

  test('When metrics of a subject are asked for, then they are as documented', async () => {
    const user = { type: 'user' as const, uid: 'a/b c', email: 'a@example.com' };
    const noon = Date.UTC(2026, 10, 22, 12);
    await bench.write([
      call({
        id: 'q1',
        user,
        result: answered(noon, 4_500, 60_250),
        otherParties: [{ type: 'unknown' }, { type: 'unknown' }],
      }),
      call({ id: 'q2', user, direction: 'outbound' }),
      call({
        id: 'q3',
        user,
        result: { type: 'answered', startTimestamp: noon, answerTimestamp: noon - 1, hangupTimestamp: noon },
      }),
      voicemail({ id: 'q4', user, transcription: 'hello', timestamp: noon + 86_400_000, duration: 1_500 }),
    ]);
    const path = `/v1/users/${encodeURIComponent(user.uid)}/call-metrics`;
    const day = {
      inboundAnswered: 2,
      inboundMissed: 0,
      outboundAnswered: 0,
      outboundUnanswered: 1,
      conferenceCalls: 1,
      answerSeconds: 4.5,
      talkSeconds: 60.25,
      clockSkewed: 1,
      voicemails: 0,
      voicemailSeconds: 0,
      voicemailsTranscribed: 0,
      lastEventAt: '2026-11-22T12:00:00.000Z',
    };
    const voicemails = {
      voicemails: 1,
      voicemailSeconds: 1.5,
      voicemailsTranscribed: 1,
      lastEventAt: '2026-11-23T12:00:00.000Z',
    };

    const answer = await eventually(async () => {
      const response = await get(service, `${path}?from=2026-11-22&to=2026-11-23`);
      const body = response.status === 200 ? await json(response) : null;
      return body?.lifetime.voicemails === 1 && body.lifetime.outboundUnanswered === 1 ? body : null;
    });

    expect(answer).toEqual({
      subject: { type: 'user', uid: 'a/b c' },
      timeZone: 'UTC',
      lifetime: { ...day, ...voicemails },
      days: [
        { date: '2026-11-22', ...day },
        expect.objectContaining({ date: '2026-11-23', inboundAnswered: 0, ...voicemails }),
      ],
    });
    const other = await json(await get(service, `${path}?from=2026-11-23&to=2026-11-23`));
    expect(other.days.map(({ date }: { date: string }) => date)).toEqual(['2026-11-23']);
  });

  test.each([
    ['/v1/users/nobody/call-metrics', 404],
    ['/v1/numbers/%2B1/call-metrics', 404],
    ['/v1/users/u-7/call-metrics?from=2026-11-31&to=2026-12-01', 400],
    ['/v1/users/u-7/call-metrics?from=2026-11-02&to=2026-11-01', 400],
    ['/v1/users/u-7/call-metrics?from=2025-01-01&to=2026-11-01', 400],
    ['/v1/users?limit=0', 400],
    ['/v1/users/%E0%A4%A/call-metrics', 400],
    ['/nothing', 404],
  ])('When %s is asked for, then the answer is %i as problem+json', async (path, status) => {
    const response = await get(service, path);
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
  });

  test('When a number is asked for, then its metrics come; when the token is wrong, then 401', async () => {
    await bench.write([call({ id: 'n1', user: null, phoneNumberE164: '+64800000001' })]);
    await eventually(async () => (await get(service, '/v1/numbers/%2B64800000001/call-metrics')).status === 200);
    const refused = await get(service, '/v1/users', { authorization: 'Bearer wrong' });
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });

  test('When users are asked for page by page, then each comes once, in order', async () => {
    const uids: string[] = [];
    for (let after: string | null = null; ; ) {
      const query: string = after === null ? '' : `&after=${encodeURIComponent(after)}`;
      const page = await json(await get(service, `/v1/users?limit=7${query}`));
      uids.push(...page.users.map(({ uid }: { uid: string }) => uid));
      after = page.next;
      if (after === null) break;
    }
    expect(uids).toEqual([...new Set(uids)].sort());
    expect(uids).toEqual(expect.arrayContaining(['u-0', 'u-49', 'a/b c']));
  });

  test('When it is scraped, then outcomes, lag and commit duration are told', async () => {
    const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text();
    expect(metrics).toContain(`vxt_projection_events_total{topic="${bench.name('callLogs')}",outcome="dead_letter"} 2`);
    expect(metrics).toMatch(/vxt_projection_lag_records\{topic="[^"]+",partition="0"\} 0/);
    expect(metrics).toMatch(/vxt_projection_lag_seconds\{topic="[^"]+",partition="0"\} 0/);
    expect(metrics).toMatch(/vxt_projection_commit_duration_seconds_count [1-9]/);
  });

  test('When its output is read, then no token, address, number or transcription is in it', () => {
    expect(service.output()).not.toMatch(/example\.com|\+64|hello|query-api-token/);
  });
});

describe('call-metrics refuses to start', () => {
  test.each([
    ['without a token', { CALL_METRICS_API_TOKENS: '' }, 'CALL_METRICS_API_TOKENS is not set'],
    ['with a short token', { CALL_METRICS_API_TOKENS: 'short' }, 'shorter than 16'],
    ['in a time zone that is none', { METRICS_TIME_ZONE: 'Mars/Olympus' }, 'METRICS_TIME_ZONE'],
  ])('%s: one clear line and exit 1', async (_why, change, said) => {
    const { environment } = await projectionBench();
    const service = await startCallMetricsProcess({ ...environment, ...change }, { ready: false });
    await eventually(() => service.child.exitCode !== null);
    expect([service.child.exitCode, service.output()]).toEqual([1, expect.stringContaining(said)]);
  });

  test('with settings that the totals were not made with: what changed, and the command that rebuilds', async () => {
    const bench = await projectionBench();
    const first = await startCallMetricsProcess(bench.environment);
    await bench.write([call()]);
    await bench.settle();
    await first.end('SIGTERM');

    const second = await startCallMetricsProcess(
      { ...bench.environment, METRICS_TIME_ZONE: 'Pacific/Auckland' },
      { ready: false },
    );
    await eventually(() => second.child.exitCode !== null);

    expect(second.child.exitCode).toBe(1);
    expect(second.output()).toContain('timeZone=UTC (now Pacific/Auckland)');
    expect(second.output()).toContain('npm run rebuild');
  });
});

async function committed(service: CallMetricsProcess): Promise<number> {
  const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text();
  return [...metrics.matchAll(/^vxt_projection_events_total\{.*outcome="applied"\} (\d+)/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
}
