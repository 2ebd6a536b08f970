import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { expect, test } from '@jest/globals';
import { Value } from '@sinclair/typebox/value';
import { differences, parseMetrics } from '../../../dev/simulate/compare.ts';
import { readOptions } from '../../../dev/simulate/options.ts';
import { createSender } from '../../../dev/simulate/send.ts';
import { simulate } from '../../../dev/simulate/simulate.ts';
import { add, lines, movements, overUsers } from '../../../dev/simulate/totals.ts';
import { type Simulation, webhooks } from '../../../dev/simulate/webhooks.ts';
import { webhookPayloads } from '../../../services/shared/call-events/webhook-payload.ts';

const simulation: Simulation = {
  seed: 7,
  calls: 2_000,
  users: 20,
  duplicates: 0.03,
  fromMs: Date.UTC(2026, 10, 2),
  days: 7,
  idPrefix: 'sim-',
};
const all = [...webhooks(simulation)];
const bodies = (one: Simulation) => [...webhooks(one)].map(({ webhook }) => JSON.stringify(webhook));

test('When the seed is the same, then so is every byte; another seed, prefix or team has other ids', () => {
  expect(bodies(simulation)).toEqual(bodies(simulation));
  const ids = new Set(all.map(({ webhook }) => idOf(webhook)));
  for (const other of [{ seed: 8 }, { idPrefix: 'x-' }, { users: 21 }, { days: 8 }]) {
    expect([...webhooks({ ...simulation, ...other })].some(({ webhook }) => ids.has(idOf(webhook)))).toBe(false);
  }
});

test('When more calls are asked for, then the first ones stay the same', () => {
  const fewer = new Set(bodies({ ...simulation, calls: 500 }));
  const more = new Set(bodies(simulation));
  expect([...fewer].every((body) => more.has(body))).toBe(true);
});

test('When a webhook is sent twice, then it is byte for byte the same; every other id is sent once', () => {
  const seen = new Map<number, string[]>();
  for (const { sequence, webhook } of all) seen.set(sequence, [...(seen.get(sequence) ?? []), JSON.stringify(webhook)]);
  const ids = new Set([...seen.values()].map(([body = '']) => idOf(JSON.parse(body))));
  expect(ids.size).toBe(seen.size);
  const twice = all.filter(({ copies }) => copies === 2);
  expect(twice.length).toBeGreaterThan(60);
  for (const { sequence, copies } of all) {
    const [first, ...others] = seen.get(sequence) ?? [];
    expect(others).toEqual(copies === 2 ? [first] : []);
  }
});

test('When 2,000 calls are simulated, then the contract allows each, and every kind occurs', () => {
  const kinds = new Set<string>();
  for (const { webhook } of all) {
    expect(Value.Check(webhookPayloads[webhook.event], webhook)).toBe(true);
    if (webhook.event === 'voicemail') {
      kinds.add(webhook.voicemail.transcription === null ? 'voicemail' : 'voicemail with transcription');
      continue;
    }
    const { direction, result, user, otherParties, phoneNumberE164 } = webhook.callLog;
    kinds.add(`${direction} ${result.type}`);
    if (user === null) kinds.add('no user');
    if (phoneNumberE164 === null) kinds.add('no number');
    if (otherParties.length > 1) kinds.add('conference');
    for (const party of otherParties) kinds.add(`with ${party.type}`);
    if ('answerTimestamp' in result) {
      expect(result.answerTimestamp).toBeGreaterThanOrEqual(Number(result.startTimestamp));
      expect(result.hangupTimestamp).toBeGreaterThanOrEqual(result.answerTimestamp);
    }
  }
  expect([...kinds].sort()).toEqual([
    'conference',
    'inbound answered',
    'inbound missed',
    'no number',
    'no user',
    'outbound answered',
    'outbound missed',
    'voicemail',
    'voicemail with transcription',
    'with phoneNumber',
    'with unknown',
    'with user',
  ]);
});

test('When webhooks are added up, then they are series as the exporter writes them, milliseconds exactly', () => {
  const totals = new Map<string, number>();
  const call = {
    event: 'callLog',
    callLog: {
      version: 3,
      id: '1',
      url: '',
      result: { type: 'answered', startTimestamp: 1_000, answerTimestamp: 1_100, hangupTimestamp: 3_303 },
      direction: 'inbound',
      user: { type: 'user', uid: 'u1', email: '' },
      phoneNumberE164: null,
      otherParties: [{ type: 'unknown' }, { type: 'unknown' }],
    },
  } as const;
  const webhook = { ...call, callLog: { ...call.callLog, otherParties: [...call.callLog.otherParties] } };
  add(totals, movements(webhook));
  add(totals, movements(webhook));
  expect(lines(totals)).toEqual([
    'vxt_call_answer_seconds_total{user_uid="u1",direction="inbound"} 0.2',
    'vxt_call_talk_seconds_total{user_uid="u1",direction="inbound"} 4.406',
    'vxt_calls_total{user_uid="u1",direction="inbound",result="answered"} 2',
    'vxt_conference_calls_total{user_uid="u1"} 2',
  ]);
  expect(lines(overUsers(totals))).toContain('vxt_conference_calls_total 2');
  expect(lines(overUsers(totals))).toContain('vxt_calls_total{direction="inbound",result="answered"} 2');
});

test('When counters moved by what is expected, then nothing differs, whatever the order of labels', () => {
  const before = parseMetrics('vxt_calls_total{user_uid="u1",direction="inbound",result="missed"} 5\n');
  const now = parseMetrics(
    [
      '# TYPE vxt_calls_total counter',
      'vxt_calls_total{result="missed",direction="inbound",user_uid="u1"} 7',
      'vxt_calls_total{user_uid="u2",direction="inbound",result="missed"} 0',
      'vxt_call_talk_seconds_total{user_uid="u1",direction="inbound"} 1.001 1795000000000',
      'process_cpu_seconds_total 3.5',
    ].join('\n'),
  );
  const expected = new Map([
    ['vxt_calls_total{user_uid="u1",direction="inbound",result="missed"}', 2],
    ['vxt_call_talk_seconds_total{user_uid="u1",direction="inbound"}', 1_001],
  ]);
  expect(differences(expected, before, now)).toEqual([]);
  expect(differences(new Map(), before, now)).toHaveLength(2);
  expect(differences(new Map([['vxt_voicemails_total{user_uid="u1"}', 1]]), now, now)).toEqual([
    { series: 'vxt_voicemails_total{user_uid="u1"}', expected: 1, moved: 0 },
  ]);
});

test('When users beyond the cap are summed under other, then sums over all users are compared', () => {
  const now = parseMetrics('vxt_voicemails_total{user_uid="u1"} 1\nvxt_voicemails_total{user_uid="other"} 2\n');
  const expected = new Map(['u1', 'u2', 'u3'].map((uid) => [`vxt_voicemails_total{user_uid="${uid}"}`, 1]));
  expect(differences(expected, new Map(), now)).toEqual([]);
});

test('When the receiver answers 503 and breaks connections at times, then all are accepted and each id is expected once', async () => {
  let requests = 0;
  const received: string[] = [];
  const { url, close } = await receiver((request, response) => {
    requests += 1;
    if (requests % 7 === 0) return request.destroy();
    if (requests % 5 === 0) return response.writeHead(503, { 'retry-after': '0' }).end();
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push(body);
      response.writeHead(202).end();
    });
  });
  const sendings = [...webhooks({ ...simulation, calls: 100, duplicates: 0.2 })];
  const sender = createSender(url, 'token', 8, 30_000);
  const result = await simulate({ ...idle, sendings, sender });
  sender.close();
  await close();
  expect(result).toMatchObject({ sent: sendings.length, accepted: sendings.length });
  expect(result.retries).toBeGreaterThan(0);
  expect(result.duplicates).toBe(sendings.length - new Set(sendings.map(({ sequence }) => sequence)).size);
  const expected = new Map<string, number>();
  for (const body of new Set(received)) add(expected, movements(JSON.parse(body)));
  expect(lines(result.expected)).toEqual(lines(expected));
});

test('When the token is wrong, then nothing more is sent and nothing is expected', async () => {
  const { url, close } = await receiver((_request, response) =>
    response.writeHead(401).end('{"title":"Unauthorized"}'),
  );
  const sender = createSender(url, 'wrong', 2, 1_000);
  const result = await simulate({ ...idle, concurrency: 2, sendings: webhooks(simulation), sender });
  sender.close();
  await close();
  expect(result.sent).toBeLessThanOrEqual(2);
  expect([...result.refused.keys()]).toEqual(['HTTP 401 {"title":"Unauthorized"}']);
  expect(result.expected.size).toBe(0);
});

test('When a pace is given, then it is kept', async () => {
  const { url, close } = await receiver((_request, response) => response.writeHead(202).end());
  const sender = createSender(url, 'token', 8, 1_000);
  const result = await simulate({
    ...idle,
    rate: 200,
    sendings: webhooks({ ...simulation, calls: 50, duplicates: 0 }),
    sender,
  });
  sender.close();
  await close();
  expect(result.tookMs).toBeGreaterThan(240);
});

test('When no token is known, then it says how to get one', () => {
  const read = (environment: Record<string, string>, ...args: string[]) =>
    readOptions(
      ['node', 'simulate', ...args],
      { DATA_DIRECTORY: '/nowhere', ...environment },
      Date.UTC(2026, 10, 23, 5),
    );
  expect(() => read({})).toThrow('No token to send: run npm start first');
  expect(read({ VXT_WEBHOOK_TOKENS: 'now, next' }).token).toBe('now');
  const { simulation: one, rate, compareUrl } = read({}, '--token', 'x', '--rate', '0', '--compare', '--days', '2');
  expect({ from: new Date(one.fromMs).toISOString(), rate, compareUrl }).toEqual({
    from: '2026-11-21T00:00:00.000Z',
    rate: null,
    compareUrl: 'http://127.0.0.1:9100/metrics',
  });
});

const idle = { rate: null, concurrency: 8, signal: new AbortController().signal, onSent: () => undefined };

const idOf = (webhook: (typeof all)[number]['webhook']) =>
  webhook.event === 'callLog' ? webhook.callLog.id : webhook.voicemail.id;

async function receiver(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: new URL(`http://127.0.0.1:${port}/webhooks/vxt`),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
