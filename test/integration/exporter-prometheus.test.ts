import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkQueries } from '../../deploy/grafana/check-queries.ts';
import { startCallMetricsProcess } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { startIngressProcess } from '../support/ingress.ts';
import { freePort, type ServiceProcess, startProcess, untilReady } from '../support/service-process.ts';
import { isolatedStack } from '../support/stack.ts';
import { callWebhook, postWebhook } from '../support/webhooks.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const rules = join(root, 'deploy/prometheus/vxt.rules.yml');
const ruleTests = ['vxt.rules.test.yml', 'vxt.silence.rules.test.yml'].map((name) =>
  join(root, 'deploy/prometheus', name),
);
const token = 'prometheus-test-token-0123456789';
const { environment } = isolatedStack();

const services: ServiceProcess[] = [];
const directory = mkdtempSync(join(tmpdir(), 'vxt-prometheus-'));
let prometheus: ChildProcess;
let prometheusUrl: string;
let ingressUrl: string;
let exporters: readonly string[];
let admins: readonly string[];

async function startExporter(): Promise<string> {
  const port = await freePort();
  const service = startProcess('services/prometheus-exporter/main.ts', { ...environment, PORT: String(port) });
  services.push(service);
  await untilReady(service, `http://127.0.0.1:${port}/metrics`);
  return `127.0.0.1:${port}`;
}

/** As deploy/prometheus/prometheus.yml, with these addresses and every second. */
function prometheusConfig(targets: Readonly<Record<string, readonly string[]>>): string {
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [rules],
    scrape_configs: Object.entries(targets).map(([job_name, addresses]) => ({
      job_name,
      static_configs: [{ targets: addresses }],
    })),
  };
  return JSON.stringify(config);
}

async function value(query: string): Promise<number | null> {
  const response = await fetch(`${prometheusUrl}/api/v1/query?query=${encodeURIComponent(query)}`);
  const answer = (await response.json()) as { data: { result: { value: [number, string] }[] } };
  const [first] = answer.data.result;
  return first === undefined ? null : Number(first.value[1]);
}

beforeAll(async () => {
  const ingress = await startIngressProcess({
    ...environment,
    VXT_WEBHOOK_TOKENS: token,
    SPOOL_DIRECTORY: join(directory, 'spool'),
  });
  const callMetrics = await startCallMetricsProcess(environment);
  services.push(ingress, callMetrics);
  ingressUrl = ingress.url;
  exporters = [await startExporter(), await startExporter()];
  admins = [ingress.adminUrl, callMetrics.adminUrl].map((url) => new URL(url).host);

  const port = await freePort();
  prometheusUrl = `http://127.0.0.1:${port}`;
  const [ingressAdmin = '', callMetricsAdmin = ''] = admins;
  const config = join(directory, 'prometheus.yml');
  writeFileSync(
    config,
    prometheusConfig({
      'vxt-prometheus-exporter': exporters,
      'vxt-ingress': [ingressAdmin],
      'vxt-call-metrics': [callMetricsAdmin],
    }),
  );
  prometheus = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(directory, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  await eventually(async () => (await fetch(`${prometheusUrl}/-/ready`).catch(() => null))?.ok);
});

afterAll(async () => {
  for (const service of services) await service.end('SIGKILL');
  if (prometheus.exitCode === null && prometheus.kill('SIGKILL')) await once(prometheus, 'exit');
  rmSync(directory, { recursive: true, force: true });
});

describe('When promtool looks at what is provisioned', () => {
  test('then the rules are well formed, and each alert fires and is silent as its tests say', async () => {
    expect((await run('promtool', ['check', 'rules', rules])).stdout).toContain('SUCCESS');
    for (const file of ruleTests) expect((await run('promtool', ['test', 'rules', file])).stdout).toContain('SUCCESS');
    const config = await run('promtool', ['check', 'config', join(root, 'deploy/prometheus/prometheus.yml')]);
    expect(config.stdout).toContain('SUCCESS');
  });

  test('then each alert has a test, and says what to do', () => {
    const text = readFileSync(rules, 'utf8');
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

describe('When calls come in and two replicas are scraped', () => {
  const users = 5;
  const perUser = 8;
  let last: unknown = null;

  test('then every query of every panel and rule is answered', async () => {
    const call = async (number: number): Promise<void> => {
      expect(await postWebhook(ingressUrl, token, callWebhook(`c${number}`, `u-${number % users}`))).toBe(202);
    };
    // The first calls are scraped before the others come: a Prometheus that is new counts only what it sees moving.
    for (let number = 0; number < users; number += 1) await call(number);
    await eventually(async () => (await value('sum(vxt:calls:total)')) === users);
    for (let number = users; number < users * perUser; number += 1) await call(number);
    const answered = callWebhook('answered', 'u-0').replace(
      '"type":"missed","startTimestamp":1763700000000',
      '"type":"answered","startTimestamp":1763700000000,"answerTimestamp":1763700004000,"hangupTimestamp":1763700064000',
    );
    const voicemail = JSON.stringify({
      event: 'voicemail',
      voicemail: {
        ...{ version: 3, id: 'v1', url: 'https://app.example/v/1', timestamp: 1_763_700_000_000, duration: 9_000 },
        ...{ transcription: null, user: null, phoneNumberE164: '+6491234567', callerId: { type: 'unknown' } },
      },
    });
    for (const body of [answered, voicemail]) expect(await postWebhook(ingressUrl, token, body)).toBe(202);
    const problems = await eventually(
      async () => {
        const found = (await checkQueries(prometheusUrl)).filter(({ problem }) => problem !== null);
        last = found;
        return found.length === 0 && found;
      },
      { deadlineMs: 60_000, everyMs: 1_000, what: () => `data for ${JSON.stringify(last, null, 1)}` },
    );
    expect(problems).toEqual([]);
  });
  test('then the recorded total counts each call once, whatever the number of replicas', async () => {
    await eventually(async () => (await value('sum(vxt:calls:total)')) === users * perUser + 1);
    expect(await value('sum(vxt_calls_total)')).toBe(2 * (users * perUser + 1));
  });

  test('then an exporter that is killed, and a new one, reset and move nothing', async () => {
    const exporter = services.find(({ child }) => child.spawnargs.some((one) => one.includes('prometheus-exporter')));
    await exporter?.end('SIGKILL');
    exporters = [...exporters, await startExporter()];
    expect(await value('sum(resets(vxt_calls_total[10m]))')).toBe(0);
    await eventually(async () => (await value('max(sum by (instance) (vxt_calls_total))')) === users * perUser + 1);
    const pages = await Promise.all(
      exporters.slice(1).map(async (address) => (await fetch(`http://${address}/metrics`)).text()),
    );
    const [one, two] = pages.map((page) => page.split('\n').filter((line) => /^vxt_(call|voice)/.test(line)));
    expect(one).toEqual(two);
  });
});
