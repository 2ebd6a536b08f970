import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import express from 'express';
import { expressMessages } from '../../../services/shared/http/express-messages.ts';
import { type Listening, listen } from '../../../services/shared/http/listen.ts';
import { sendProblem } from '../../../services/shared/http/problem.ts';
import { type BodyProblem, createReadBody } from '../../../services/shared/http/read-body.ts';
import { eventually } from '../../support/eventually.ts';

const LIMIT = 100_000;
const problems: BodyProblem[] = [];
let server: Listening;

beforeAll(async () => {
  const readBody = createReadBody({ limitBytes: LIMIT, receivingBytes: 10 * LIMIT });
  const app = express().post('/', (incoming, response) =>
    readBody(incoming, response, (body) => {
      if (typeof body !== 'string') return void response.end(body);
      problems.push(body);
      sendProblem(response, { status: body === 'too-large' ? 413 : 400, title: body });
    }),
  );
  server = await listen(app, { host: '127.0.0.1', port: 0, portVariable: 'PORT' }, expressMessages(app));
});

afterAll(() => server.close());

/** Sends `body` in two parts; answers with the status and what the server read. */
async function send(body: Buffer, headers: IncomingHttpHeaders): Promise<{ status: number; body: Buffer }> {
  const outgoing = request({ port: server.port, host: '127.0.0.1', method: 'POST', headers, agent: false });
  outgoing.on('error', () => undefined); // The server may close before it has read all.
  outgoing.write(body.subarray(0, body.length >> 1));
  outgoing.end(body.subarray(body.length >> 1));
  const [response] = await once(outgoing, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, body: Buffer.concat(chunks) };
}

const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => index % 251));
const plain = (body: Buffer): IncomingHttpHeaders => ({ 'content-length': String(body.length) });

test.each([0, 1, 70_000, LIMIT])(
  'When a body of %i bytes comes with its length, then all its bytes are read',
  async (length) => {
    const body = bytes(length);
    expect(await send(body, plain(body))).toEqual({ status: 200, body });
  },
);

test('When a body comes in chunks without a length, then all its bytes are read', async () => {
  const body = bytes(70_000);
  expect(await send(body, { 'transfer-encoding': 'chunked' })).toEqual({ status: 200, body });
});

test('When a body is compressed, then it is read inflated', async () => {
  const body = bytes(70_000);
  const sent = gzipSync(body);
  expect(await send(sent, { ...plain(sent), 'content-encoding': 'gzip' })).toEqual({ status: 200, body });
});

test.each([
  ['with its length', bytes(LIMIT + 1), plain(bytes(LIMIT + 1))],
  ['in chunks', bytes(LIMIT + 1), { 'transfer-encoding': 'chunked' }],
  ['compressed', gzipSync(bytes(LIMIT + 1)), { 'content-encoding': 'gzip', 'transfer-encoding': 'chunked' }],
])('When a body over the limit comes %s, then it is too large', async (_how, body, headers) => {
  expect(await send(body, headers)).toMatchObject({ status: 413 });
});

test('When a body comes a byte at a time, then all its bytes are read', async () => {
  const body = bytes(2_000);
  const socket = connect(server.port, '127.0.0.1').setNoDelay();
  let answer = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    answer = Buffer.concat([answer, chunk]);
  });
  socket.write('POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n');
  for (const byte of body)
    socket.write(Buffer.concat([Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')]));
  socket.write('0\r\n\r\n');
  await once(socket, 'end');
  expect(answer.subarray(-2_000)).toEqual(body);
});

test('When a sender goes away in the middle of a body, then the request ends once, as aborted', async () => {
  problems.length = 0;
  const socket = connect(server.port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nsome');
  await once(server.server, 'request');
  socket.destroy();
  await eventually(() => problems.length > 0);
  await eventually(async () => (await connections()) === 0);
  expect(problems).toEqual(['aborted']);
});

const connections = (): Promise<number> =>
  new Promise((resolve, reject) => {
    server.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
