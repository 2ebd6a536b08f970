import { once } from 'node:events';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { Outcome } from '../../../../services/ingress/ingress-metrics.ts';
import type { Receipt } from '../../../../services/ingress/receive-webhook.ts';
import { eventually } from '../../../support/eventually.ts';
import { BODY_LIMIT, type IngressEdge, startIngressEdge, TOKEN } from '../../../support/ingress-edge.ts';
import { openRawConnection } from '../../../support/raw-connection.ts';

const opened: IngressEdge[] = [];

async function start(...options: Parameters<typeof startIngressEdge>): Promise<IngressEdge> {
  const edge = await startIngressEdge(...options);
  opened.push(edge);
  return edge;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ listening }) => listening.close(0)));
});

const post = ({ url }: IngressEdge, headers: Record<string, string> = {}, body: string | Buffer = '{}') =>
  fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    body: new Uint8Array(Buffer.from(body)),
  });

const VALID = `POST /webhooks/vxt HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\n`;

describe('When a webhook was received, then the answer says what became of it', () => {
  type Published = Exclude<Receipt, Readonly<{ kind: 'not-json' }>>['published'];
  test.each<[Published, number, Outcome, string]>([
    ['durable', 202, 'accepted', ''],
    ['spooled', 202, 'spooled', ''],
    ['unavailable', 503, 'unavailable', 'Kafka is unavailable'],
    ['unknown', 503, 'unavailable', 'Kafka is unavailable'],
    ['overloaded', 503, 'overloaded', 'Overloaded'],
    ['too-large', 413, 'too_large', 'Body too large'],
    ['refused', 503, 'refused', 'Kafka refuses this event'],
    ['disk-unavailable', 503, 'spool_unavailable', 'The spool is unavailable'],
  ])('%s', async (published, status, outcome, title) => {
    const edge = await start({ receive: async () => ({ kind: 'callLog', reason: null, published }) });
    const response = await post(edge);
    expect(response.status).toBe(status);
    expect(edge.outcomes).toEqual([outcome]);
    expect(response.headers.get('retry-after')).toBe(status === 503 ? '5' : null);
    const body = await response.text();
    if (status !== 202) expect(JSON.parse(body)).toMatchObject({ status, title });
  });
});

describe('When our own code fails', () => {
  test.each<[string, () => Promise<Receipt>]>([
    [
      'at once',
      () => {
        throw new RangeError('PAYLOAD-MARKER');
      },
    ],
    [
      'later',
      async () => {
        throw new RangeError('PAYLOAD-MARKER');
      },
    ],
  ])(
    '%s, then the answer is 503 and says so, neither Kafka nor the sender is blamed, and it is reported once',
    async (_when, receive) => {
      const printed = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
      const edge = await start({ receive });
      const response = await post(edge);
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('5');
      const body = await response.text();
      expect(JSON.parse(body)).toMatchObject({ title: 'Internal error' });
      expect(body).not.toContain('MARKER');
      expect(edge.outcomes).toEqual(['internal_error']);
      expect(edge.internalErrors).toEqual([new RangeError('PAYLOAD-MARKER')]);
      expect((await post(edge)).status).toBe(503);
      expect(printed).not.toHaveBeenCalled();
      printed.mockRestore();
    },
  );

  test('even in counting, then the answer is the same, and nothing is printed', async () => {
    const printed = jest.spyOn(console, 'error').mockReturnValue(undefined);
    const fail = (): never => {
      throw new Error('PAYLOAD-MARKER');
    };
    const edge = await start({ metrics: { answered: fail, authFailed: fail, unrecognised: fail } });
    for (const token of [TOKEN, 'wrong']) {
      const response = await post(edge, { authorization: `Bearer ${token}` });
      expect(response.status).toBe(503);
      expect(await response.text()).not.toContain('MARKER');
    }
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });
});

describe('When a body does not arrive as it should', () => {
  test.each<[string, string, Buffer, number, Outcome]>([
    ['is not what its coding says', 'gzip', Buffer.from('{}'), 400, 'not_json'],
    ['is cut off', 'gzip', gzipSync('{"a":1}').subarray(0, -3), 400, 'not_json'],
    ['has garbage behind it', 'gzip', Buffer.concat([gzipSync('{}'), Buffer.from('garbage')]), 400, 'not_json'],
    ['is empty though compressed', 'br', Buffer.alloc(0), 400, 'not_json'],
    ['has a coding that nobody knows', 'zstd', Buffer.from('{}'), 415, 'unsupported_media_type'],
    ['has a coding named as a part of every object', 'constructor', Buffer.from('{}'), 415, 'unsupported_media_type'],
    ['has several codings', 'gzip, gzip', gzipSync(gzipSync('{}')), 415, 'unsupported_media_type'],
    ['is right', 'GZip', gzipSync('{}'), 202, 'accepted'],
    ['is right in two members', 'x-gzip', Buffer.concat([gzipSync('{'), gzipSync('}')]), 202, 'accepted'],
    ['is right', 'deflate', deflateSync('{}'), 202, 'accepted'],
    ['is plain', 'identity', Buffer.from('{}'), 202, 'accepted'],
  ])('and %s (%s), then it is answered, and the connection goes on', async (_what, coding, body, status, outcome) => {
    const edge = await start();
    const connection = openRawConnection(edge.listening.port);
    for (const count of [1, 2]) {
      connection.send(`${VALID}content-encoding: ${coding}\r\ncontent-length: ${body.length}\r\n\r\n`);
      connection.send(body);
      expect(await connection.answered(count)).toMatchObject({ status, headers: { connection: 'keep-alive' } });
    }
    expect(edge.outcomes).toEqual([outcome, outcome]);
    expect(edge.internalErrors).toEqual([]);
    connection.socket.destroy();
  });

  test('while others hold all the bytes that may be received, then it is overloaded at once; once they are gone, it is taken', async () => {
    const edge = await start({ receivingBytes: BODY_LIMIT });
    const requested = once(edge.listening.server, 'request');
    const slow = openRawConnection(edge.listening.port);
    slow.send(`${VALID}content-length: ${BODY_LIMIT}\r\n\r\n${'x'.repeat(BODY_LIMIT - 1)}`);
    await requested;
    const refused = await eventually(
      async () => {
        const response = await post(edge);
        return response.status === 202 ? null : response;
      },
      { everyMs: 5 },
    );
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.json()).toMatchObject({ title: 'Overloaded' });
    slow.socket.destroy();
    await eventually(async () => (await post(edge)).status === 202, { everyMs: 5 });
  });

  test('and many send more together than may be received, then some are refused midway, and nothing stays counted', async () => {
    const edge = await start({ receivingBytes: 2 * BODY_LIMIT });
    const chunk = `c350\r\n${'x'.repeat(50_000)}\r\n`;
    const senders = Array.from({ length: 10 }, () => openRawConnection(edge.listening.port));
    for (const sender of senders) sender.send(`${VALID}transfer-encoding: chunked\r\n\r\n${chunk}`);
    const answer = await eventually(() => senders.flatMap((sender) => sender.answers())[0], { everyMs: 5 });
    expect(answer).toMatchObject({ status: 503, headers: { connection: 'close' } });
    for (const sender of senders) sender.socket.destroy();
    await eventually(() => edge.outcomes.length === 10, { everyMs: 5 });
    expect(new Set(edge.outcomes)).toEqual(new Set(['overloaded', 'aborted']));
    const all = await Promise.all([1, 2].map(() => post(edge, {}, 'x'.repeat(BODY_LIMIT))));
    expect(all.map(({ status }) => status)).toEqual([202, 202]);
  });
});

describe('When tokens are wrong', () => {
  const wrong = { authorization: 'Bearer wrong' };

  test('and the clock is set back by an hour, then an address is let in again after its minute all the same', async () => {
    let monotonicMs = 0;
    let wallClockMs = Date.now();
    const edge = await start({
      authFailuresPerMinute: 1,
      monotonicMs: () => monotonicMs,
      wallClockMs: () => wallClockMs,
    });
    expect([(await post(edge, wrong)).status, (await post(edge, wrong)).status]).toEqual([401, 429]);
    wallClockMs -= 3_600_000;
    jest.useFakeTimers({
      now: wallClockMs,
      doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'setInterval', 'queueMicrotask', 'performance'],
    });
    try {
      monotonicMs += 61_000;
      expect((await post(edge, wrong)).status).toBe(401);
    } finally {
      jest.useRealTimers();
    }
  });

  test('whatever the headers say of the sender’s address, then they change no count, nothing is printed, and a valid token passes', async () => {
    const printed = [jest.spyOn(console, 'error'), jest.spyOn(console, 'warn'), jest.spyOn(process.stderr, 'write')];
    for (const spy of printed) spy.mockReturnValue(undefined as never);
    const refused: string[] = [];
    const edge = await start({
      authFailuresPerMinute: 2,
      refusedTokens: { refused: (address) => void refused.push(address) },
    });
    const statuses: number[] = [];
    for (const headers of [
      { 'x-forwarded-for': '1.2.3.4' },
      { 'x-forwarded-for': 'not an address, ::1, %00' },
      { forwarded: 'for="[2001:db8::1]"; proto=https' },
      { 'x-real-ip': '999.999.999.999' },
    ])
      statuses.push((await post(edge, { ...wrong, ...headers })).status);
    expect(statuses).toEqual([401, 401, 429, 429]);
    expect(refused).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.1']);
    expect((await post(edge, { 'x-forwarded-for': '1.2.3.4' })).status).toBe(202);
    for (const spy of printed) expect(spy).not.toHaveBeenCalled();
    for (const spy of printed) spy.mockRestore();
  });

  test('and the body is short, then the connection goes on', async () => {
    const edge = await start();
    const connection = openRawConnection(edge.listening.port);
    connection.send('POST /webhooks/vxt HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n');
    expect(await connection.answered()).toMatchObject({ status: 401, headers: { connection: 'keep-alive' } });
    connection.send(`{}${VALID}content-length: 2\r\n\r\n{}`);
    expect(await connection.answered(2)).toMatchObject({ status: 202 });
    connection.socket.destroy();
  });
});

test('When the clock is set back while a webhook waits for Kafka, then its duration is what it took, and its receive time what the clock showed', async () => {
  let monotonicMs = 1_000;
  let wallClockMs = 1_795_000_000_000;
  const seconds: (number | null)[] = [];
  const receivedAt: number[] = [];
  const edge = await start({
    monotonicMs: () => monotonicMs,
    wallClockMs: () => wallClockMs,
    metrics: {
      answered: (_event, _outcome, took) => void seconds.push(took),
      authFailed: () => undefined,
      unrecognised: () => undefined,
    },
    receive: async ({ atMs }) => {
      receivedAt.push(atMs);
      wallClockMs -= 3_600_000;
      monotonicMs += 1_500;
      return { kind: 'callLog', reason: null, published: 'durable' };
    },
  });
  await post(edge);
  expect(receivedAt).toEqual([1_795_000_000_000]);
  expect(seconds).toEqual([1.5]);
});
