import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { freeze, thaw } from '../support/freeze.ts';
import { type IngressProcess, startIngressProcess } from '../support/ingress.ts';
import { readLog } from '../support/kafka-log.ts';
import { freePort, readinessOf, type ServiceProcess, startProcess, untilReady } from '../support/service-process.ts';
import { isolatedStack } from '../support/stack.ts';
import { callWebhook } from '../support/webhooks.ts';

const token = 'workers-token-0123456789';
const stack = isolatedStack();
const environment = { ...stack.environment, VXT_WEBHOOK_TOKENS: token, INGRESS_WORKERS: '3' };
const accepted = 'vxt_webhooks_total{event="callLog",outcome="accepted"}';
let ingress: IngressProcess;

/** Posts, each time over a connection of its own, until there is an answer: a worker that is killed or frozen gives none. */
const post = (url: string, id: string): Promise<number> =>
  eventually(
    () =>
      fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', connection: 'close' },
        body: callWebhook(id),
        signal: AbortSignal.timeout(4_000),
      }).then(
        ({ status }) => status,
        () => null,
      ),
    { what: () => `an answer to ${id}` },
  );
const postAll = async (url: string, ids: readonly string[]): Promise<void> => {
  const statuses = await Promise.all(ids.map((id) => post(url, id)));
  expect(statuses.filter((status) => status !== 202)).toEqual([]);
};
const ids = (prefix: string, count: number): readonly string[] => Array.from({ length: count }, (_, n) => prefix + n);

/** A scrape that waits no longer than Prometheus might. */
const metrics = async (): Promise<string> =>
  (await fetch(`${ingress.adminUrl}/metrics`, { signal: AbortSignal.timeout(4_000) })).text();
const totalOf = (text: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(accepted))
      ?.slice(accepted.length),
  );
const readyz = (): Promise<string> => readinessOf(ingress);
const untilWhole = () => eventually(async () => (await readyz()).startsWith('200'), { what: () => 'all to be ready' });

/** The process that is in a slot now; null where none was started yet. */
function pidOf({ output }: ServiceProcess, slot: number): number | null {
  const line = output()
    .split('\n')
    .findLast((one) => /"event":"worker-(started|replaced)"/.test(one) && one.includes(`"worker":${slot},`));
  return line === undefined ? null : Number(/"pid":(\d+)/.exec(line)?.[1]);
}

function startedPid(slot: number): number {
  const pid = pidOf(ingress, slot);
  if (pid === null) throw new Error(`No worker ${slot} was started`);
  return pid;
}

beforeAll(async () => {
  ingress = await startIngressProcess(environment);
});

test('When three workers share the port, then one admin port tells the metrics of all of them', async () => {
  await postAll(ingress.url, ids('w', 300));
  const text = await metrics();
  expect(text).toContain(`${accepted} 300`);
  expect(text).toContain('vxt_publish_up 1');
  expect(text).toContain('vxt_ingress_workers_ready 3');
});

test('When a worker is killed, then it is replaced, nothing accepted is missing, and no total falls', async () => {
  const before = totalOf(await metrics());
  process.kill(startedPid(0), 'SIGKILL');
  await eventually(() => ingress.output().includes('worker-replaced'));
  await postAll(ingress.url, ids('k', 100));
  await untilWhole();
  const logged = new Set((await readLog(stack.brokers, [`${stack.prefix}call-logs`])).map((one) => one.headers.ce_id));
  expect(ids('callLog/k', 100).filter((id) => !logged.has(id))).toEqual([]);
  expect(totalOf(await metrics())).toBe(before + 100);
});

describe('When a worker stands still', () => {
  let before: number;
  beforeAll(async () => {
    before = totalOf(await metrics());
    await freeze(startedPid(1));
  });

  test('then readiness says so and names it', async () => {
    // The worker that replaced the killed one may not have reached Kafka yet: that is not ready either.
    let said = '';
    await eventually(
      async () => {
        said = await readyz();
        return said.startsWith('503') && said.includes('worker 1 stands still');
      },
      { deadlineMs: 15_000, what: () => `readiness to see it, instead of ${said}` },
    );
    await eventually(() => ingress.output().includes('worker-stands-still'));
  });

  test('then the others take webhooks, and metrics are told: theirs as they are, its own as it last told them', async () => {
    await postAll(ingress.url, ids('f', 50));
    const text = await metrics();
    expect(totalOf(text)).toBeGreaterThanOrEqual(before + 50);
    expect(text).toContain('vxt_ingress_workers_ready 2');
  });

  test('and goes on, then the whole is ready again', async () => {
    thaw(startedPid(1));
    await untilWhole();
    await eventually(() => ingress.output().includes('worker-goes-on'));
  });

  test('and is killed, then it is replaced and the whole is ready again', async () => {
    await freeze(startedPid(2));
    await eventually(async () => (await readyz()).includes('worker 2 stands still'));
    const frozen = pidOf(ingress, 2);
    process.kill(startedPid(2), 'SIGKILL');
    await eventually(() => pidOf(ingress, 2) !== frozen);
    await untilWhole();
  });

  test('and the primary is told to stop, then it ends in time, kills the worker and says so', async () => {
    await freeze(startedPid(0));
    expect(await ingress.end()).toBe(0);
    expect(ingress.output()).toContain('"event":"worker-killed","worker":0');
    expect(ingress.output()).toContain('"event":"service-stopped"');
  });
});

describe('When workers cannot start', () => {
  let service: ServiceProcess;
  afterAll(() => service?.end('SIGKILL'));

  test('because one is killed right at its start, then the others serve, and it is started again', async () => {
    const [port, adminPort] = [await freePort(), await freePort()];
    const more = { PORT: String(port), ADMIN_PORT: String(adminPort) };
    service = startProcess('services/ingress/main.ts', { ...environment, ...more });
    const pid = await eventually(() => pidOf(service, 1), { everyMs: 5, what: () => 'a worker to be started' });
    process.kill(pid, 'SIGKILL');
    await untilReady(service, `http://127.0.0.1:${adminPort}/readyz`);
    await postAll(`http://127.0.0.1:${port}/webhooks/vxt`, ids('s', 20));
    expect(service.output()).toMatch(/"event":"worker-ended","worker":1,.*"reason":"SIGKILL"/);
    expect(await eventually(() => pidOf(service, 1) !== pid)).toBe(true);
    expect(await service.end()).toBe(0);
  });

  test('because the port is taken, then the whole ends with exit code 1, with what each said above', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const more = { PORT: String(port), ADMIN_PORT: String(await freePort()) };
    service = startProcess('services/ingress/main.ts', { ...environment, ...more });
    await eventually(() => service.child.exitCode !== null, { deadlineMs: 60_000, what: () => 'it to end' });
    taken.close();
    expect(service.child.exitCode).toBe(1);
    expect(service.output()).toContain(`Port ${port} on 127.0.0.1 is in use`);
    expect(service.output()).toContain('No worker could start; their errors are above');
  });
});
