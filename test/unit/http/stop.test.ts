import { Agent, createServer, type RequestListener, request } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { keepConnections } from '../../../services/shared/http/connections.ts';
import { type Listening, listen } from '../../../services/shared/http/listen.ts';
import { eventually } from '../../support/eventually.ts';
import { openRawConnection, type RawConnection } from '../../support/raw-connection.ts';

const GET = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';

const start = (listener: RequestListener = (_request, response) => response.end('ok')): Promise<Listening> =>
  listen(listener, { host: '127.0.0.1', port: 0, portVariable: 'PORT' }, { keepAliveTimeout: 75_000 });

/** A connection that has had one answer and is idle. */
async function idle({ port }: Listening): Promise<RawConnection> {
  const connection = openRawConnection(port);
  connection.send(GET);
  expect(await connection.answered()).toMatchObject({ headers: { connection: 'keep-alive' } });
  return connection;
}

test('When a service stops, then a sender on an idle connection gets one more answer, which says that it is the last', async () => {
  const listening = await start();
  const connection = await idle(listening);
  const closed = listening.close();
  await setImmediate();
  connection.send(GET);
  expect(await connection.answered(2)).toMatchObject({ status: 200, headers: { connection: 'close' } });
  expect(await connection.ended()).toBeNull();
  await closed;
});

test('When a service stops under a sender that keeps its connection and sends one request at a time, then no answer is lost', async () => {
  const listening = await start();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const failures: string[] = [];
  let answers = 0;
  let last: string | undefined;
  const send = (): Promise<void> =>
    new Promise((resolve) => {
      const sent = request({ port: listening.port, host: '127.0.0.1', agent }, (response) => {
        last = response.headers.connection;
        response.resume().on('end', () => {
          answers += 1;
          resolve();
        });
      });
      sent.on('error', (error: NodeJS.ErrnoException) => {
        failures.push(error.code ?? error.message);
        resolve();
      });
      sent.end();
    });
  const sending = (async () => {
    while (failures.length === 0) await send();
  })();
  await eventually(() => answers > 100, { everyMs: 1 });
  await listening.close();
  await sending;
  expect(failures).toEqual(['ECONNREFUSED']);
  expect(last).toBe('close');
});

test('When a service stops while a request is at work, then its answer still comes, and says that it is the last', async () => {
  const atWork = Promise.withResolvers<() => void>();
  const listening = await start((_request, response) => atWork.resolve(() => response.end('done')));
  const connection = openRawConnection(listening.port);
  connection.send(GET);
  const finish = await atWork.promise;
  const closed = listening.close();
  finish();
  expect(await connection.answered()).toMatchObject({ body: 'done', headers: { connection: 'close' } });
  expect(await connection.ended()).toBeNull();
  await closed;
});

test('When a service stops while requests come one behind the other without waiting, then all are answered, and only the last answer closes', async () => {
  const waiting: (() => void)[] = [];
  const listening = await start((_request, response) => waiting.push(() => response.writeHead(204).end()));
  const connection = openRawConnection(listening.port);
  connection.send(`${GET}${GET}`);
  await eventually(() => waiting.length === 2, { everyMs: 1 });
  const closed = listening.close();
  connection.send(GET);
  await eventually(() => waiting.length === 3, { everyMs: 1 });
  for (const finish of waiting) finish();
  await connection.ended();
  expect(connection.answers().map(({ headers }) => headers.connection)).toEqual(['keep-alive', 'keep-alive', 'close']);
  await closed;
});

test('When a service stops, then it takes no new connection, and a request that never ends is cut', async () => {
  const atWork = Promise.withResolvers<void>();
  const listening = await start(() => atWork.resolve());
  const connection = openRawConnection(listening.port);
  connection.send(GET);
  await atWork.promise;
  const closed = listening.close(200);
  const late = openRawConnection(listening.port);
  expect(await late.ended()).toBe('ECONNREFUSED');
  await closed;
  await connection.ended();
  expect(connection.answers()).toEqual([]);
});

test('When nothing comes on idle connections, also on one that never sent a byte, then they end after the grace, long before busy ones', async () => {
  const server = createServer({ keepAliveTimeout: 75_000 });
  const connections = keepConnections(server);
  server.on('request', (received, response) => {
    connections.requested(received, response);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const [used, silent] = [openRawConnection(port), openRawConnection(port)];
  used.send(GET);
  await used.answered();
  await eventually(() => silent.socket.readyState === 'open', { everyMs: 1 });
  await connections.close(3_600_000, 100);
  expect([await used.ended(), await silent.ended()]).toEqual([null, null]);
});
