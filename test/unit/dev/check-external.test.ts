import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, expect, test } from '@jest/globals';
import { checkExternal } from '../../../dev/start/check-external.ts';

/** Correlation id 1, error code 0, as a broker answers ApiVersions. */
const apiVersionsAnswer = Buffer.from([0, 0, 0, 6, 0, 0, 0, 1, 0, 0]);
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listening(server: ReturnType<typeof createServer>, host: string): Promise<number> {
  server.listen(0, host);
  closing.push(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const broker = (host: string): Promise<number> =>
  listening(
    createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.end(apiVersionsAnswer));
    }),
    host,
  );

const registry = async (): Promise<string> =>
  `http://127.0.0.1:${await listening(
    createHttpServer((_request, response) => response.end('[]')),
    '127.0.0.1',
  )}`;

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));

(hasIpv6 ? test : test.skip)('When the brokers are given as [::1]:port, then they are asked there', async () => {
  const port = await broker('::1');
  await expect(checkExternal(`[::1]:${port}`, await registry(), false)).resolves.toBeUndefined();
});

test('When one broker of several answers, then that is enough; empty members of the list are passed over', async () => {
  const port = await broker('127.0.0.1');
  await expect(checkExternal(`::1:9092, 127.0.0.1:${port},`, await registry(), false)).resolves.toBeUndefined();
});

test.each([
  ['::1:9092', 'STACK=external: no broker of KAFKA_BROKERS=::1:9092 answers (::1:9092 has more than one colon'],
  ['kafka', '(kafka has no port)'],
  [' , ', '(it names none)'],
])('When KAFKA_BROKERS is %j, then it is said in one line why none answers', async (brokers, said) => {
  const problem = await checkExternal(brokers, await registry(), false).catch((error: Error) => error.message);
  expect(problem).toContain(said);
  expect(problem).not.toContain('\n');
});
