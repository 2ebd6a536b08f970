import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../support/eventually.ts';
import { BODY_LIMIT, type IngressEdge, startIngressEdge, TOKEN } from '../../../support/ingress-edge.ts';
import { openRawConnection, type RawConnection } from '../../../support/raw-connection.ts';

const HEAD = 'POST /webhooks/vxt HTTP/1.1\r\nhost: x\r\n';
const VALID = `${HEAD}authorization: Bearer ${TOKEN}\r\ncontent-type: application/json\r\n`;
const WHOLE = `${VALID}content-length: 2\r\n\r\n{}`;
const CHUNKED = `${VALID}transfer-encoding: chunked\r\n\r\n`;

let edge: IngressEdge;
let counted = 0;

beforeAll(async () => {
  edge = await startIngressEdge();
});
beforeEach(() => {
  counted = edge.outcomes.length;
});
afterAll(() => edge.listening.close(0));

const open = (bytes: string): RawConnection => {
  const connection = openRawConnection(edge.listening.port);
  connection.send(bytes);
  return connection;
};
const outcomes = () => edge.outcomes.slice(counted);

describe('When what comes is no request as we speak HTTP, then it is a problem+json, counted, and the connection ends', () => {
  test.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400, 'malformed_request'],
    ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'malformed_request'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'malformed_request'],
    ['another version', WHOLE.replace('HTTP/1.1', 'HTTP/2.0'), 400, 'malformed_request'],
    ['no Host', WHOLE.replace('host: x\r\n', ''), 400, 'malformed_request'],
    ['a length that is no number', `${VALID}content-length: two\r\n\r\n{}`, 400, 'malformed_request'],
    ['two lengths', `${VALID}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`, 400, 'malformed_request'],
    [
      'a length and chunks',
      `${VALID}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n`,
      400,
      'malformed_request',
    ],
    [
      'chunks and a length',
      `${VALID}transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n`,
      400,
      'malformed_request',
    ],
    ['chunks that are no chunks', `${CHUNKED}{}\r\n`, 400, 'malformed_request'],
    ['long headers', `${HEAD}x: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['a long path', `POST /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431, 'headers_too_large'],
    ['long chunk extensions', `${CHUNKED}2;${'x'.repeat(20_000)}\r\n{}\r\n`, 413, 'too_large'],
    ['gzip as the transfer coding', `${VALID}transfer-encoding: gzip\r\n\r\n`, 501, 'unsupported_transfer_coding'],
    ['identity', `${VALID}transfer-encoding: identity\r\n\r\n{}`, 501, 'unsupported_transfer_coding'],
    ['gzip in chunks', `${VALID}transfer-encoding: gzip, chunked\r\n\r\n`, 501, 'unsupported_transfer_coding'],
    [
      'gzip in chunks, in two lines behind 3,000 others',
      `${HEAD}${'a:\r\n'.repeat(3_000)}transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n`,
      501,
      'unsupported_transfer_coding',
    ],
    ['an expectation that nobody knows', `${VALID}expect: tea\r\ncontent-length: 2\r\n\r\n`, 417, 'expectation_failed'],
    [
      'an unknown expectation after 100-continue',
      `${VALID}expect: 100-continue, tea\r\ncontent-length: 2\r\n\r\n`,
      417,
      'expectation_failed',
    ],
    ['CONNECT', 'CONNECT x:443 HTTP/1.1\r\nhost: x\r\n\r\n', 501, 'method_not_allowed'],
    ['half of the headers, in time', HEAD, 408, 'timeout'],
    ['half of a body, in time', `${VALID}content-length: 20\r\n\r\n{`, 408, 'timeout'],
    ['half of a chunk, in time', `${CHUNKED}20\r\n{`, 408, 'timeout'],
  ])('%s', async (_what, bytes, status, outcome) => {
    const connection = open(bytes);
    const answer = await connection.answered();
    expect(await connection.ended()).toBeNull();
    expect(answer).toMatchObject({
      status,
      headers: { connection: 'close', 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    });
    expect(JSON.parse(answer.body)).toMatchObject({ status, title: expect.any(String) });
    expect(connection.answers()).toHaveLength(1);
    expect(outcomes()).toEqual([outcome]);
  });

  test.each([
    ['in its headers', HEAD],
    ['in its body', `${VALID}content-length: 20\r\n\r\n{`],
  ])('a request that ends early, %s: a sender that only closed its own side still reads why', async (_where, bytes) => {
    const connection = open(bytes);
    connection.socket.end();
    expect(await connection.answered()).toMatchObject({ status: 400, headers: { connection: 'close' } });
    expect(await connection.ended()).toBeNull();
    expect(outcomes()).toEqual(['aborted']);
  });
});

describe('When a framing is unusual but right, then the body is taken', () => {
  test.each([
    ['chunks', `${CHUNKED}1\r\n{\r\n1;x=y\r\n}\r\n0\r\n\r\n`],
    ['the word in capitals', `${VALID}Transfer-Encoding: CHUNKED\r\n\r\n2\r\n{}\r\n0\r\n\r\n`],
    ['trailers', `${CHUNKED}2\r\n{}\r\n0\r\nx: y\r\n\r\n`],
    ['HTTP/1.0', WHOLE.replace('HTTP/1.1', 'HTTP/1.0').replace('host: x\r\n', '')],
    [
      'an expectation in HTTP/1.0, which has none',
      `${VALID.replace('1.1', '1.0')}expect: 100-continue\r\ncontent-length: 2\r\n\r\n{}`,
    ],
    ['an absolute address', WHOLE.replace('/webhooks', 'http://x/webhooks')],
    ['an empty line before it', `\r\n${WHOLE}`],
  ])('%s', async (_what, bytes) => {
    const connection = open(bytes);
    expect(await connection.answered()).toMatchObject({ status: 202 });
    expect(edge.bodies.at(-1)?.toString()).toBe('{}');
    connection.socket.destroy();
  });
});

test('When requests come one behind the other without waiting, and the last is none, then each good one is answered first', async () => {
  const connection = open(`${WHOLE}${WHOLE}hello\r\n\r\n`);
  expect(await connection.ended()).toBeNull();
  expect(connection.answers().map(({ status }) => status)).toEqual([202, 202, 400]);
  expect(outcomes()).toEqual(['accepted', 'accepted', 'malformed_request']);
});

test('When a body is longer than declared, then what was declared is taken, and the rest is no request', async () => {
  const connection = open(`${VALID}content-length: 2\r\n\r\n{}{}`);
  await connection.answered(2);
  expect(connection.answers().map(({ status }) => status)).toEqual([202, 400]);
});

test('When a target has no path that can be read, then it is not found, as a problem', async () => {
  const connection = open(WHOLE.replace('/webhooks/vxt', 'http://[/webhooks/vxt'));
  expect(await connection.answered()).toMatchObject({
    status: 404,
    headers: { 'content-type': 'application/problem+json' },
  });
  connection.socket.destroy();
});

test('When a sender asks for another protocol, then it is answered in this one, and a new connection is needed for more', async () => {
  const connection = open(`${VALID}connection: upgrade\r\nupgrade: h2c\r\ncontent-length: 2\r\n\r\n{}${WHOLE}`);
  expect(await connection.answered()).toMatchObject({ status: 202, headers: { connection: 'close' } });
  await connection.ended();
});

test('When a connection never sends a byte, then it ends without an answer, and is no request', async () => {
  const connection = openRawConnection(edge.listening.port);
  expect(await connection.ended()).toBeNull();
  expect(connection.answers()).toEqual([]);
  expect(outcomes()).toEqual([]);
});

describe('When a sender waits for 100 Continue', () => {
  const expecting = (head: string, length: number) =>
    `${head}expect: 100-continue\r\ncontent-length: ${length}\r\n\r\n`;

  test('and may send, then it gets it, and its body is taken', async () => {
    const connection = open(expecting(VALID, 2));
    expect(await connection.answered()).toMatchObject({ status: 100 });
    connection.send('{}');
    expect(await connection.answered(2)).toMatchObject({ status: 202, headers: { connection: 'keep-alive' } });
    connection.socket.destroy();
  });

  test.each([
    ['has no token', expecting(HEAD, 2), 401],
    ['uses another method', expecting(VALID.replace('POST', 'PUT'), 2), 405],
    ['has another media type', expecting(VALID.replace('application/json', 'text/html'), 2), 415],
    ['has another content coding', expecting(`${VALID}content-encoding: zstd\r\n`, 2), 415],
    ['declares a body over the limit', expecting(VALID, BODY_LIMIT + 1), 413],
    ['means another path', expecting(VALID.replace('vxt', 'other'), 2), 404],
  ])('but %s, then it is refused before it sends its body', async (_what, bytes, status) => {
    const connection = open(bytes);
    expect(await connection.answered()).toMatchObject({ status, headers: { connection: 'close' } });
    expect(await connection.ended()).toBeNull();
  });
});

describe('When a body is over the limit', () => {
  test('and its length says so, then it is refused before its first byte', async () => {
    const connection = open(`${VALID}content-length: ${BODY_LIMIT + 1}\r\n\r\n`);
    expect(await connection.answered()).toMatchObject({ status: 413 });
  });

  test.each([
    ['without a token', HEAD, 401],
    ['with a token', VALID, 413],
  ])(
    '%s, then a sender that goes on sending all of it still reads the answer, without a reset',
    async (_who, head, status) => {
      const connection = open(`${head}content-length: 20000000\r\n\r\n`);
      for (let megabyte = 0; megabyte < 20; megabyte += 1) connection.send(Buffer.alloc(1_000_000));
      expect(await connection.ended()).toBeNull();
      expect(connection.answers()).toMatchObject([{ status, headers: { connection: 'close' } }]);
    },
  );

  test('in chunks, then it is refused where it goes over it, without a reset', async () => {
    const connection = open(CHUNKED);
    for (let chunk = 0; chunk < 200; chunk += 1) connection.send(`186a0\r\n${'x'.repeat(100_000)}\r\n`);
    expect(await connection.ended()).toBeNull();
    expect(connection.answers()).toMatchObject([{ status: 413, headers: { connection: 'close' } }]);
  });

  test('only once it is inflated, then it is refused all the same', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const connection = open(`${VALID}content-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`);
    connection.send(bomb);
    expect(await connection.answered()).toMatchObject({ status: 413 });
    connection.socket.destroy();
  });
});

test('When a sender goes away in the middle of its body, then that is counted once, and nobody is told a problem', async () => {
  const requested = once(edge.listening.server, 'request');
  const connection = open(`${VALID}content-length: 20\r\n\r\n{`);
  await requested;
  connection.socket.resetAndDestroy();
  await eventually(() => outcomes().length > 0, { everyMs: 5 });
  expect(outcomes()).toEqual(['aborted']);
  expect(edge.internalErrors).toEqual([]);
});
