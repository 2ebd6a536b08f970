import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { createSockets } from '../../../services/shared/kafka/sockets.ts';
import { freePort } from '../../support/service-process.ts';

const sockets = createSockets((host) => host, 50);
/** Without TLS, which kafkajs tells by null, and its types do not. */
const open = (port: number) =>
  sockets.create({ host: '127.0.0.1', port, onConnect: () => undefined } as Parameters<typeof sockets.create>[0]);
type Opened = ReturnType<typeof open>;

/** What kafkajs does with both sockets of a broker each time that it cannot connect to it. */
const disconnectAgainAndAgain = (socket: Opened): void => {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    socket.end();
    socket.unref();
  }
};

const listeners = (socket: Opened): number =>
  socket.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0);

test('When a socket that was never connected is disconnected again and again, then it gets no listeners', async () => {
  const socket = open(await freePort());
  await once(socket, 'error');
  const before = listeners(socket);
  disconnectAgainAndAgain(socket);
  expect(listeners(socket)).toBe(before);
});

test('When a socket whose broker went away is disconnected again and again, then it gets no listeners', async () => {
  const broker = createServer((client) => client.destroy()).listen(0, '127.0.0.1');
  await once(broker, 'listening');
  const address = broker.address();
  const socket = open(address !== null && typeof address === 'object' ? address.port : 0);
  await once(socket.resume(), 'close');
  broker.close();
  const before = listeners(socket);
  disconnectAgainAndAgain(socket);
  expect(listeners(socket)).toBe(before);
});

test('When a socket is let go whose broker stands still, then it is closed all the same', async () => {
  const broker = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(broker, 'listening');
  const accepted = once(broker, 'connection');
  const address = broker.address();
  const socket = open(address !== null && typeof address === 'object' ? address.port : 0);
  const [client] = await accepted;
  disconnectAgainAndAgain(socket);
  await once(socket, 'close');
  client.destroy();
  broker.close();
});
