import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startIngressProcess } from '../support/ingress.ts';
import { readLog } from '../support/kafka-log.ts';
import { isolatedStack } from '../support/stack.ts';
import { callWebhook, postWebhook } from '../support/webhooks.ts';

const token = 'ipv6-token-0123456789';
const stack = isolatedStack();
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
const sockets = new Set<Socket>();
let server: Server;
let connections = 0;

/** The broker's port on ::1, as its own listener is on 127.0.0.1. */
beforeAll(async () => {
  if (!hasIpv6) return;
  const [host = '', port = ''] = stack.brokers.split(':');
  server = createServer((client) => {
    connections += 1;
    const upstream = connect(Number(port), host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.pipe(upstream).pipe(client);
  }).listen(0, '::1');
  await once(server, 'listening');
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
});

(hasIpv6 ? test : test.skip)(
  'When a broker is given by its IPv6 address, then the ingress connects there',
  async () => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('No port');
    const ingress = await startIngressProcess({
      ...stack.environment,
      KAFKA_BROKERS: `[::1]:${address.port}`,
      VXT_WEBHOOK_TOKENS: token,
    });
    expect(await postWebhook(ingress.url, token, callWebhook('over-ipv6'))).toBe(202);
    expect(connections).toBeGreaterThan(0);
    const log = await readLog(stack.brokers, [`${stack.prefix}call-logs`]);
    expect(log.map(({ headers }) => headers.ce_id)).toEqual(['callLog/over-ipv6']);
    expect(await ingress.end()).toBe(0);
  },
);
