import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkQueries } from '../../deploy/grafana/check-queries.ts';
import { startCallMetricsProcess } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { startIngressProcess } from '../support/ingress.ts';
import { type PrometheusServer, startPrometheus } from '../support/prometheus-server.ts';
import { freePort, type ServiceProcess, startProcess, untilReady } from '../support/service-process.ts';
import { runSimulator, type Simulated } from '../support/simulator.ts';
import { isolatedStack } from '../support/stack.ts';
import { callWebhook, postWebhook } from '../support/webhooks.ts';

const run = promisify(execFile);
const provisioned = join(import.meta.dirname, '../../deploy/prometheus');
const named = (ending: string) =>
  readdirSync(provisioned)
    .filter((name) => name.endsWith(ending))
    .map((name) => join(provisioned, name));
const rules = named('.rules.yml');
const ruleTests = named('.rules.test.yml');
const token = 'prometheus-test-token-0123456789';
const { environment } = isolatedStack();

const services: ServiceProcess[] = [];
const directory = mkdtempSync(join(tmpdir(), 'vxt-spool-'));
let prometheus: PrometheusServer;
let ingressUrl: string;
let exporters: readonly string[];
let admins: readonly string[];
/** What a test last waited for in vain. */
let last: unknown = null;

async function startExporter(): Promise<string> {
  const port = await freePort();
  const service = startProcess('services/prometheus-exporter/main.ts', { ...environment, PORT: String(port) });
  services.push(service);
  await untilReady(service, `http://127.0.0.1:${port}/metrics`);
  return `127.0.0.1:${port}`;
}

const value = async (query: string): Promise<number | null> => (await prometheus.query(query))[0]?.value ?? null;

beforeAll(async () => {
  const ingress = await startIngressProcess({
    ...environment,
    VXT_WEBHOOK_TOKENS: token,
    SPOOL_DIRECTORY: join(directory, 'spool'),
  });
  services.push(ingress);
  const callMetrics = await startCallMetricsProcess(environment);
  services.push(callMetrics);
  ingressUrl = ingress.url;
  exporters = [await startExporter(), await startExporter()];
  admins = [ingress.adminUrl, callMetrics.adminUrl].map((url) => new URL(url).host);
  const [ingressAdmin = '', callMetricsAdmin = ''] = admins;
  const targets = {
    'vxt-prometheus-exporter': exporters,
    'vxt-ingress': [ingressAdmin],
    'vxt-call-metrics': [callMetricsAdmin],
  };
  prometheus = await startPrometheus({ targets, ruleFiles: rules });
});

afterAll(async () => {
  for (const service of services) await service.end('SIGKILL');
  await prometheus?.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('When promtool looks at what is provisioned', () => {
  test('then the rules are well formed, and each alert fires and is silent as its tests say', async () => {
    expect((await run('promtool', ['check', 'rules', ...rules])).stdout).toContain('SUCCESS');
    for (const file of ruleTests) expect((await run('promtool', ['test', 'rules', file])).stdout).toContain('SUCCESS');
    const config = await run('promtool', ['check', 'config', join(provisioned, 'prometheus.yml')]);
    expect(config.stdout).toContain(`SUCCESS: ${rules.length} rule files found`);
  });

  test('then each alert has a test, and says what to do', () => {
    const text = rules.map((file) => readFileSync(file, 'utf8')).join('');
    const tests = ruleTests.map((file) => readFileSync(file, 'utf8')).join('');
    const alerts = [...text.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    expect(alerts.length).toBeGreaterThan(9);
    for (const alert of alerts) expect(tests.split(`alertname: ${alert}`).length).toBeGreaterThanOrEqual(3);
    expect([...text.matchAll(/runbook: /g)]).toHaveLength(alerts.length);
  });

  test('then the names and units of every service’s metrics are as Prometheus wants them', async () => {
    for (const address of [...exporters, ...admins]) {
      const page = await (await fetch(`http://${address}/metrics`)).text();
      const check = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
      let said = '';
      for (const stream of [check.stdout, check.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
      check.stdin.end(page);
      const [code] = await once(check, 'close');
      expect(`${code} ${said}`).toBe('0 ');
    }
  });
});

describe('When the simulator sends and two replicas are scraped', () => {
  let calls = 0;
  const simulate = async (...args: string[]): Promise<Simulated> => {
    const simulated = await runSimulator(ingressUrl, token, ...args);
    for (const [name, amount] of Object.entries(simulated.expected.sums)) {
      if (name.startsWith('vxt_calls_total')) calls += amount;
    }
    return simulated;
  };

  test('then every query of every panel and rule is answered', async () => {
    // The first calls are scraped before the others come: a Prometheus that is new counts only what it sees moving.
    await simulate('--calls', '100', '--rate', '0', '--seed', '1');
    await eventually(async () => (await value('sum(vxt:calls:total)')) === calls);
    const sending = simulate('--calls', '300', '--rate', '25', '--seed', '2');
    await eventually(
      async () => {
        last = (await checkQueries(prometheus.url)).filter(({ problem }) => problem !== null);
        return Array.isArray(last) && last.length === 0;
      },
      { deadlineMs: 60_000, everyMs: 1_000, what: () => `data for ${JSON.stringify(last, null, 1)}` },
    );
    const { sent, accepted } = await sending;
    expect(accepted).toBe(sent);
  });

  test('then the recorded total counts each call once, whatever the number of replicas', async () => {
    await eventually(async () => (await value('sum(vxt:calls:total)')) === calls);
    await eventually(async () => (await value('sum(vxt_calls_total)')) === 2 * calls);
  });

  test('then an exporter that is killed, and a new one, reset and move nothing', async () => {
    const exporter = services.find(({ child }) => child.spawnargs.some((one) => one.includes('prometheus-exporter')));
    await exporter?.end('SIGKILL');
    exporters = [...exporters, await startExporter()];
    expect(await value('sum(resets(vxt_calls_total[10m]))')).toBe(0);
    await eventually(async () => (await value('max(sum by (instance) (vxt_calls_total))')) === calls);
    const pages = await Promise.all(
      exporters.slice(1).map(async (address) => (await fetch(`http://${address}/metrics`)).text()),
    );
    const [one, two] = pages.map((page) => page.split('\n').filter((line) => /^vxt_(call|voice)/.test(line)));
    expect(one).toEqual(two);
  });
});

test('When users are called as they should not be, then Prometheus has a series for each, under the label that is documented', async () => {
  const labels = new Map([
    ['', 'uid:'],
    ['none', 'uid:none'],
    ['other', 'uid:other'],
    ['uid:none', 'uid:uid:none'],
    ...['/', '..', '%2F', '\0', '"', '\\', '\n', '\ufffd', 'x'.repeat(256)].map((uid) => [uid, uid] as const),
  ]);
  for (const [index, uid] of [...labels.keys()].entries())
    expect(await postWebhook(ingressUrl, token, callWebhook(`odd-${index}`, uid))).toBe(202);
  const calls = 'max without (instance) (vxt_calls_total{direction="inbound", result="missed"}) == 1';
  await eventually(
    async () => {
      const found = new Map(
        (await prometheus.query(calls)).map(({ labels: { user_uid = '' }, value: count }) => [user_uid, count]),
      );
      last = [...labels.values()].filter((label) => found.get(label) !== 1);
      return Array.isArray(last) && last.length === 0;
    },
    { deadlineMs: 60_000, what: () => `series for ${JSON.stringify(last)}` },
  );
});
