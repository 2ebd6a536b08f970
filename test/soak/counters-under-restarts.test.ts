import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startIngressProcess } from '../support/ingress.ts';
import { freePort, type ServiceProcess, startProcess, untilReady } from '../support/service-process.ts';
import { isolatedStack } from '../support/stack.ts';
import { callWebhook, postWebhook } from '../support/webhooks.ts';

/** The whole run is 10 minutes with 10 restarts (COUNTERS_MINUTES=10 COUNTERS_RESTARTS=10); this is its short form. */
const minutes = Number(process.env.COUNTERS_MINUTES ?? '0.5');
const restarts = Number(process.env.COUNTERS_RESTARTS ?? '3');
const perSecond = 20;

const token = 'counters-test-token-0123456789';
const { environment } = isolatedStack();
const directory = mkdtempSync(join(tmpdir(), 'vxt-counters-'));
const directions = 'direction="inbound",result="missed"';

/** A service that can be killed and started again on the same ports. */
type Restartable = { process: ServiceProcess; readonly start: () => Promise<ServiceProcess> };
const victims: Restartable[] = [];
let ingress: ServiceProcess & Readonly<{ url: string }>;
let exporters: readonly string[];
let prometheus: ChildProcess;
let prometheusUrl: string;

async function restartable(entry: string, ready: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const start = async (): Promise<ServiceProcess> => {
    const service = startProcess(entry, { ...environment, ...settings });
    await untilReady(service, ready);
    return service;
  };
  victims.push({ process: await start(), start });
}

async function query(expr: string): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${prometheusUrl}/api/v1/query?query=${encodeURIComponent(expr)}`);
  const answer = (await response.json()) as {
    error?: string;
    data?: { result: { metric: { user_uid?: string; instance?: string }; value: [number, string] }[] };
  };
  if (answer.data === undefined) throw new Error(`${expr}: ${answer.error}`);
  return new Map(
    answer.data.result.map(({ metric, value }) => [
      [metric.user_uid, metric.instance].filter((one) => one !== undefined).join('@'),
      Number(value[1]),
    ]),
  );
}

const scrape = async (address: string): Promise<string> =>
  (await (await fetch(`http://${address}/metrics`)).text())
    .split('\n')
    .filter((line) => /^vxt_(call|voicemail|conference)/.test(line))
    .sort()
    .join('\n');

beforeAll(async () => {
  ingress = await startIngressProcess({ ...environment, VXT_WEBHOOK_TOKENS: token });
  const [port, adminPort] = [await freePort(), await freePort()];
  await restartable('services/call-metrics/main.ts', `http://127.0.0.1:${adminPort}/readyz`, {
    CALL_METRICS_API_TOKENS: 'query-api-token-of-the-tests',
    PORT: String(port),
    ADMIN_PORT: String(adminPort),
  });
  const ports = [await freePort(), await freePort()];
  exporters = ports.map((one) => `127.0.0.1:${one}`);
  for (const one of ports) {
    await restartable('services/prometheus-exporter/main.ts', `http://127.0.0.1:${one}/metrics`, { PORT: String(one) });
  }
  const prometheusPort = await freePort();
  prometheusUrl = `http://127.0.0.1:${prometheusPort}`;
  const config = join(directory, 'prometheus.yml');
  const job = { job_name: 'vxt-prometheus-exporter', static_configs: [{ targets: exporters }] };
  writeFileSync(config, JSON.stringify({ global: { scrape_interval: '1s' }, scrape_configs: [job] }));
  prometheus = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(directory, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${prometheusPort}`,
    ],
    { stdio: 'ignore' },
  );
  await eventually(async () => (await fetch(`${prometheusUrl}/-/ready`).catch(() => null))?.ok);
});

afterAll(async () => {
  for (const service of [ingress, ...victims.map((victim) => victim.process)]) await service.end('SIGKILL');
  if (prometheus.exitCode === null && prometheus.kill('SIGKILL')) await once(prometheus, 'exit');
  rmSync(directory, { recursive: true, force: true });
});

const sent = new Map<string, number>();
async function send(id: string, uid: string): Promise<void> {
  expect(await postWebhook(ingress.url, token, callWebhook(id, uid))).toBe(202);
  sent.set(uid, (sent.get(uid) ?? 0) + 1);
}
/** Until both replicas were scraped with this total, `agoSeconds` ago. */
const untilShown = (total: number, agoSeconds = 1): Promise<unknown> =>
  eventually(
    async () => {
      const shown = await query(`sum by (instance) (vxt_calls_total{${directions}} offset ${agoSeconds}s)`);
      return shown.size === 2 && [...shown.values()].every((one) => one === total);
    },
    { deadlineMs: 60_000, what: () => `both replicas to show ${total} calls` },
  );

test(
  `When exporters and projection are killed ${restarts} times while calls come in, then every series moves by what was sent and never back`,
  async () => {
    for (let call = 0; call < 30; call += 1) await send(`before-${call}`, `old-${call % 3}`);
    await untilShown(30, 5);
    const before = new Map(sent);
    const startedAtMs = Date.now();

    const sending = (async (): Promise<void> => {
      const calls = Math.round(minutes * 60 * perSecond);
      for (let call = 0; call < calls; call += 1) {
        await send(`run-${call}`, call % 2 === 0 ? `old-${call % 3}` : `new-${call % 7}`);
        // Pace, not waiting: the calls are spread over the run.
        await new Promise((resolve) =>
          setTimeout(resolve, Math.max(0, startedAtMs + (call * 1000) / perSecond - Date.now())),
        );
      }
    })();
    for (let restart = 0; restart < restarts; restart += 1) {
      await new Promise((resolve) => setTimeout(resolve, (minutes * 60_000) / (restarts + 1)));
      const victim = victims[restart % victims.length];
      if (victim === undefined) throw new Error('There is nobody to kill');
      await victim.process.end('SIGKILL');
      victim.process = await victim.start();
    }
    await sending;
    const total = [...sent.values()].reduce((sum, one) => sum + one, 0);
    await untilShown(total);

    const seconds = Math.ceil((Date.now() - startedAtMs) / 1000) + 1;
    const now = await query(`vxt_calls_total{${directions}}`);
    const atStart = await query(`vxt_calls_total{${directions}} offset ${seconds}s`);
    const increases = await query(`increase(vxt_calls_total{${directions}}[${seconds}s])`);
    const resets = await query(`resets(vxt_calls_total[${seconds + 60}s])`);
    expect(Math.max(...resets.values())).toBe(0);
    for (const [uid, count] of sent) {
      for (const exporter of exporters) {
        const key = `${uid}@${exporter}`;
        const expected = count - (before.get(uid) ?? 0);
        expect([key, (now.get(key) ?? 0) - (atStart.get(key) ?? 0)]).toEqual([key, expected]);
        // Prometheus extrapolates to the ends of the range: by at most a scrape or so at each.
        if (before.has(uid))
          expect(Math.abs((increases.get(key) ?? 0) - expected)).toBeLessThan(1 + expected * (4 / seconds));
      }
    }
    const [one, two] = await Promise.all(exporters.map(scrape));
    expect(one).toBe(two);
  },
  minutes * 60_000 + 180_000,
);
