import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type CounterName, counters, series } from '../../dev/simulate/totals.ts';
import { eventually } from '../support/eventually.ts';
import { startIngressProcess } from '../support/ingress.ts';
import { type PrometheusServer, startPrometheus } from '../support/prometheus-server.ts';
import { freePort, type ServiceProcess, startProcess, untilReady } from '../support/service-process.ts';
import { runSimulator, type Simulated } from '../support/simulator.ts';
import { isolatedStack } from '../support/stack.ts';

/** The whole run is 10 minutes with 10 restarts (COUNTERS_MINUTES=10 COUNTERS_RESTARTS=10); this is its short form. */
const minutes = Number(process.env.COUNTERS_MINUTES ?? '0.5');
const restarts = Number(process.env.COUNTERS_RESTARTS ?? '3');
const perSecond = 20;
/** The simulator sends some webhooks twice, and a voicemail after some calls. */
const webhooksPerCall = 1.08;
const QUIET_MS = 5_000;

const token = 'counters-test-token-0123456789';
const { environment } = isolatedStack();
const names = Object.keys(counters) as CounterName[];
/** Counters the simulator expects nothing of, and histograms: they must not go back either. */
const others = [
  ...['vxt_calls_clock_skewed_total', 'vxt_voicemails_transcribed_total', 'vxt_late_events_total'],
  ...['vxt_calls_implausible_total', 'vxt_voicemails_implausible_total'],
  ...['vxt_call_answer_duration_seconds', 'vxt_call_talk_duration_seconds'].flatMap((name) =>
    ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`),
  ),
];
/** What each direction's histogram must move by: the same as this counter over all users. */
const likeCounter: Readonly<Record<string, string>> = {
  vxt_call_answer_duration_seconds_count: 'vxt_calls_total{direction="DIRECTION",result="answered"}',
  vxt_call_answer_duration_seconds_sum: 'vxt_call_answer_seconds_total{direction="DIRECTION"}',
  vxt_call_talk_duration_seconds_count: 'vxt_calls_total{direction="DIRECTION",result="answered"}',
  vxt_call_talk_duration_seconds_sum: 'vxt_call_talk_seconds_total{direction="DIRECTION"}',
};

/** A service that can be killed and started again on the same ports. */
type Restartable = { process: ServiceProcess; readonly start: () => Promise<ServiceProcess> };
const victims: Restartable[] = [];
let ingress: ServiceProcess & Readonly<{ url: string }>;
let exporters: readonly string[];
let prometheus: PrometheusServer;

async function restartable(entry: string, ready: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const start = async (): Promise<ServiceProcess> => {
    const service = startProcess(entry, { ...environment, ...settings });
    await untilReady(service, ready);
    return service;
  };
  victims.push({ process: await start(), start });
}

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
  prometheus = await startPrometheus({ targets: { 'vxt-prometheus-exporter': exporters } });
});

afterAll(async () => {
  for (const service of [ingress, ...victims.map((victim) => victim.process)]) await service?.end('SIGKILL');
  await prometheus?.stop();
});

/** Kills one after the other, evenly over the run, and starts each again at once. */
async function killInTurn(): Promise<void> {
  for (let restart = 0; restart < restarts; restart += 1) {
    await new Promise((resolve) => setTimeout(resolve, (minutes * 60_000) / (restarts + 1)));
    const victim = victims[restart % victims.length];
    if (victim === undefined) throw new Error('There is nobody to kill');
    await victim.process.end('SIGKILL');
    victim.process = await victim.start();
  }
}

const sumOf = (simulated: readonly Simulated[], counter: string): number =>
  simulated
    .flatMap(({ expected }) => Object.entries(expected.sums))
    .reduce((sum, [name, amount]) => (name.startsWith(counter) ? sum + amount : sum), 0);

/** Until Prometheus has scraped all of these from both replicas; then until it has scraped both once more. */
async function untilScraped(...simulated: readonly Simulated[]): Promise<void> {
  for (const counter of ['vxt_calls_total', 'vxt_voicemails_total']) {
    const total = sumOf(simulated, counter);
    let seen: readonly number[] = [];
    await eventually(
      async () => {
        seen = (await prometheus.query(`sum by (instance) (${counter})`)).map(({ value }) => value);
        return seen.length === 2 && seen.every((value) => value === total);
      },
      { deadlineMs: 60_000, what: () => `both replicas to show ${total} of ${counter}, not ${seen}` },
    );
  }
  const sinceSeconds = Date.now() / 1000;
  await eventually(
    async () => {
      const scrapes = await prometheus.query('timestamp(up)');
      return scrapes.length === 2 && scrapes.every(({ value }) => value > sinceSeconds);
    },
    { what: () => 'another scrape of both' },
  );
}

/** The counters of one replica at one moment, or what a function makes of them, by series. */
async function values(
  exporter: string,
  atMs: number,
  wrap = (selector: string) => selector,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const name of names) {
    for (const { labels, value } of await prometheus.query(wrap(`${name}{instance="${exporter}"}`), atMs)) {
      found.set(series(name, labels), value);
    }
  }
  return found;
}

/** Every sample a replica exposes of calls and voicemails, in order. */
const pageOf = async (exporter: string): Promise<readonly string[]> =>
  (await (await fetch(`http://${exporter}/metrics`)).text())
    .split('\n')
    .filter((line) => /^vxt_(call|voicemail|conference|last|late|users)/.test(line))
    .sort();

const inThousandths = (value: number): number => Math.round(value * 1000);

test(
  `When exporters and projection are killed ${restarts} times in ${minutes} minutes while the simulator sends, then every series moves by what was sent, and never back`,
  async () => {
    const before = await runSimulator(ingress.url, token, '--calls', '120', '--users', '4', '--rate', '0');
    await untilScraped(before);
    const startedAtMs = Date.now();
    // All of the range's first samples are of before. Of the users of the run, those behind the fourth are new to Prometheus.
    await untilScraped(before);
    const calls = Math.round((minutes * 60 * perSecond) / webhooksPerCall);
    const sending = ['--calls', `${calls}`, '--users', '12', '--rate', `${perSecond}`];
    const [run] = await Promise.all([runSimulator(ingress.url, token, ...sending), killInTurn()]);
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    const [one = [], two = []] = await Promise.all(exporters.map(pageOf));
    expect(one.length).toBeGreaterThan(200);
    expect(one).toEqual(two);
    await untilScraped(before, run);
    const endedAtMs = Date.now();

    const seconds = (endedAtMs - startedAtMs) / 1000;
    const range = `[${endedAtMs - startedAtMs}ms]`;
    let [compared, old] = [0, 0];
    for (const exporter of exporters) {
      const first = await values(exporter, startedAtMs);
      const last = await values(exporter, endedAtMs);
      const increases = await values(exporter, endedAtMs, (selector) => `increase(${selector}${range})`);
      for (const name of Object.keys(run.expected.series)) expect([name, last.has(name)]).toEqual([name, true]);
      for (const [name, value] of last) {
        const expected = run.expected.series[name] ?? 0;
        const moved = value - (first.get(name) ?? 0);
        expect([exporter, name, inThousandths(moved)]).toEqual([exporter, name, inThousandths(expected)]);
        compared += 1;
        if (!first.has(name)) continue;
        // Prometheus extrapolates to the ends of the range, by about an interval at each: it never tells less than it saw.
        const increase = increases.get(name) ?? Number.NaN;
        expect(increase).toBeGreaterThan(expected - 0.001);
        expect(increase).toBeLessThan(expected * (1 + 4 / seconds) + 0.001);
        old += 1;
      }
    }
    for (const [histogram, counter] of Object.entries(likeCounter)) {
      const last = await prometheus.query(histogram, endedAtMs);
      const first = await prometheus.query(histogram, startedAtMs);
      expect(last.length).toBe(4);
      for (const { labels, value } of last) {
        const { instance, direction = '' } = labels;
        const start = first.find(({ labels: of }) => of.instance === instance && of.direction === direction);
        const expected = run.expected.sums[counter.replace('DIRECTION', direction)] ?? 0;
        const moved = inThousandths(value - (start?.value ?? 0));
        expect([labels, moved]).toEqual([labels, inThousandths(expected)]);
      }
    }
    for (const name of [...names, ...others]) {
      const resets = await prometheus.query(`resets(${name}[${Math.round(seconds + 60)}s])`, endedAtMs);
      expect([name, resets.length > 0, resets.filter(({ value }) => value !== 0)]).toEqual([name, true, []]);
    }
    process.stdout.write(
      [
        `${run.accepted} webhooks (${run.duplicates} of them duplicates), ${restarts} kills, ${seconds.toFixed(0)} s:`,
        `${compared} series of ${exporters.length} replicas moved by exactly what was sent; ${old} of them were there before, and increase() agrees;`,
        `no resets; ${QUIET_MS / 1000} s after the last webhook both replicas exposed the same ${one.length} samples.\n`,
      ].join(' '),
    );
  },
  minutes * 60_000 + 300_000,
);
