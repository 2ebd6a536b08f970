import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { type IngressProcess, startIngressProcess } from '../support/ingress.ts';
import { readLog } from '../support/kafka-log.ts';
import { isolatedStack } from '../support/stack.ts';
import { callWebhook, sendWebhook } from '../support/webhooks.ts';

const token = 'workers-token-0123456789';
const stack = isolatedStack();
let ingress: IngressProcess;

/** Posts until there is an answer: a connection to a worker that was killed has none. */
const post = (id: string): Promise<number> =>
  eventually(async () => (await sendWebhook(ingress.url, token, callWebhook(id)))?.status, { deadlineMs: 20_000 });
const metrics = (): Promise<string> => fetch(`${ingress.adminUrl}/metrics`).then((response) => response.text());

beforeAll(async () => {
  ingress = await startIngressProcess({ ...stack.environment, VXT_WEBHOOK_TOKENS: token, INGRESS_WORKERS: '3' });
});

afterAll(async () => {
  expect(await ingress.end()).toBe(0);
});

test('When three workers share the port, then one admin port tells the metrics of all of them', async () => {
  const statuses = await Promise.all(Array.from({ length: 300 }, (_, index) => post(`w${index}`)));
  expect(statuses.every((status) => status === 202)).toBe(true);
  expect(await metrics()).toContain('vxt_webhooks_total{event="callLog",outcome="accepted"} 300');
  expect(await metrics()).toContain('vxt_publish_up 1');
});

test('When a worker is killed, then it is replaced and nothing accepted is missing', async () => {
  const pids = [...ingress.output().matchAll(/"worker":(\d),.*?"pid":(\d+)|"pid":(\d+).*?"worker":(\d)/g)];
  expect(pids.length).toBeGreaterThan(0);
  process.kill(Number(pids[0]?.[2] ?? pids[0]?.[3]), 'SIGKILL');
  await eventually(() => ingress.output().includes('worker-ended'));
  const statuses = await Promise.all(Array.from({ length: 100 }, (_, index) => post(`k${index}`)));
  expect(statuses.every((status) => status === 202)).toBe(true);
  await eventually(async () => (await fetch(`${ingress.adminUrl}/readyz`)).status === 200, { deadlineMs: 30_000 });
  const ids = new Set((await readLog(stack.brokers, [`${stack.prefix}call-logs`])).map(({ headers }) => headers.ce_id));
  for (let index = 0; index < 100; index += 1) expect(ids.has(`callLog/k${index}`)).toBe(true);
});
