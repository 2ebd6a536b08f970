import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { callMetricsApp } from '../../../services/call-metrics/app.ts';
import { createCodecs } from '../../../services/call-metrics/codecs.ts';
import { createCommittedView } from '../../../services/call-metrics/committed-view.ts';
import { calendarOf } from '../../../services/call-metrics/domain/calendar.ts';
import { createQueries } from '../../../services/call-metrics/queries.ts';
import { createPartitionOfKey } from '../../../services/shared/kafka/publisher/partition-of-key.ts';
import { call } from './events.ts';
import { inMemory, RULES, TOPICS } from './projection-in-memory.ts';

const LOG_TIME = Date.UTC(2026, 10, 22, 12);
const uids = [
  '',
  '/',
  '//',
  '.',
  '..',
  '%2F',
  '%',
  'a b',
  '?x=1&uid=2',
  '#',
  'none',
  'other',
  'uid:none',
  '\0',
  'x'.repeat(256),
];
const server = createServer();
let port = 0;

/** Asks for a path as it is: `fetch` takes dots and what it calls dots out of it. */
async function get(path: string) {
  const asked = request({ port, path, headers: { authorization: 'Bearer right' } }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode, body: JSON.parse(await text(response)) };
}

beforeAll(async () => {
  const { driver, pipe, registry } = await inMemory();
  const users = [...uids, '\ud800', '\udfff'];
  for (const [index, uid] of users.entries()) {
    pipe(call({ id: `c-${index}`, user: { type: 'user', uid, email: 'e@example.com' } }), LOG_TIME);
  }
  pipe(call({ id: 'n', user: null, phoneNumberE164: '' }), LOG_TIME);
  await driver.drain();

  const view = createCommittedView({
    codecs: await createCodecs(registry, 't.'),
    topics: TOPICS,
    dedupeMs: RULES.dedupeDays * 86_400_000,
    partitionOf: createPartitionOfKey(RULES.partitions),
    leftOut: () => undefined,
  });
  for (const topic of [TOPICS.table, TOPICS.state, TOPICS.seen]) {
    await view.readBack(driver.records(topic).map((record) => ({ ...record, key: record.key ?? '' })));
  }
  const queries = createQueries({
    view,
    partitions: RULES.partitions,
    partitionOf: createPartitionOfKey(RULES.partitions),
    calendar: calendarOf('UTC'),
  });
  server
    .on('request', callMetricsApp({ checkToken: () => true, queries, caughtUp: () => true }))
    .listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
});

const counted = { inboundMissed: 1 };

describe('A user whose uid is', () => {
  test.each(uids)('%j has metrics under its path, and under its query', async (uid) => {
    const encoded = encodeURIComponent(uid);
    for (const path of [`/v1/users/${encoded}/call-metrics`, `/v1/users/call-metrics?uid=${encoded}`]) {
      const { status, body } = await get(path);
      expect([path, status]).toEqual([path, 200]);
      expect(body).toMatchObject({ subject: { type: 'user', uid }, lifetime: counted, days: [counted] });
    }
  });

  test('half a character counts with all others of the kind, as U+FFFD', async () => {
    const { body } = await get('/v1/users/%EF%BF%BD/call-metrics');
    expect(body).toMatchObject({ subject: { uid: '\ufffd' }, lifetime: { inboundMissed: 2 } });
  });

  test('any of these is listed, each once, by pages of any size', async () => {
    for (const limit of [1, 4, 1_000]) {
      const listed: string[] = [];
      for (let after = ''; ; ) {
        const { body } = await get(`/v1/users?limit=${limit}${after}`);
        listed.push(...body.users.map(({ uid }: { uid: string }) => uid));
        if (body.next === null) break;
        expect(body.next.length).toBeLessThanOrEqual(26);
        after = `&after=${body.next}`;
      }
      expect(listed).toEqual([...uids, '\ufffd'].sort());
    }
  });
});

test('When a number is empty, then it has metrics under its path and its query too', async () => {
  for (const path of ['/v1/numbers//call-metrics', '/v1/numbers/call-metrics?e164=']) {
    expect(await get(path)).toMatchObject({
      status: 200,
      body: { subject: { type: 'number', phoneNumberE164: '' }, lifetime: counted },
    });
  }
});

test.each([
  ['/v1/users/call-metrics', 'Wrong subject'],
  ['/v1/users/call-metrics?uid=a&uid=b', 'Wrong subject'],
  ['/v1/users/call-metrics?uid=a&from=x', 'Wrong days'],
  ['/v1/numbers/call-metrics', 'Wrong subject'],
  ['/v1/users?after=u-1', 'Wrong page'],
  ['/v1/users/%ED%A0%80/call-metrics', 'Bad request'],
])('When %s is asked for, then the answer is 400 %s', async (path, title) => {
  expect(await get(path)).toMatchObject({ status: 400, body: { title } });
});
