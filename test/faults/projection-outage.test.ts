import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type JavaStack, startJavaStack } from '../../dev/stack/java-stack.ts';
import { type CallMetricsProcess, startCallMetricsProcess, startWithTest } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { expectOnlyLogLines, quiet } from '../support/log-lines.ts';
import { metricOf } from '../support/metric-of.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { freePort, type ServiceProcess, untilReady } from '../support/service-process.ts';
import { call } from '../unit/call-metrics/events.ts';

const directory = mkdtempSync(join(tmpdir(), 'projection-outage-'));
/** Long enough for every client to have tried again more often than Node lets listeners be. */
const OUTAGE_MS = 45_000;
/** Connections that come and go: those of a client that was given up are closed within 5 s. */
const SPARE_SOCKETS = 15;
let stack: JavaStack;
let bench: Awaited<ReturnType<typeof projectionBench>>;
let callMetrics: CallMetricsProcess;
let exporter: ServiceProcess;
let exporterUrl = '';
let calls = 0;

beforeAll(async () => {
  stack = await startJavaStack({ dataDirectory: directory });
  bench = await projectionBench(3, stack);
  callMetrics = await startCallMetricsProcess({ ...bench.environment, ...quiet });
  const port = String(await freePort());
  exporterUrl = `http://127.0.0.1:${port}`;
  exporter = startWithTest('services/prometheus-exporter/main.ts', { ...bench.environment, ...quiet, PORT: port });
  await untilReady(exporter, `${exporterUrl}/metrics`);
});
afterAll(async () => {
  signalKafka('SIGCONT');
  await callMetrics?.end('SIGKILL');
  await exporter?.end('SIGKILL');
  await stack?.stop();
  rmSync(directory, { recursive: true, force: true });
});

function signalKafka(signal: 'SIGSTOP' | 'SIGCONT'): void {
  const pid = stack?.kafka.pid() ?? null;
  if (pid !== null) process.kill(pid, signal);
}

/** Sockets that a process has open. */
const sockets = ({ child: { pid } }: ServiceProcess): number =>
  readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;

const said = (event: string, times: number) => (): boolean =>
  [callMetrics, exporter].every((service) => service.output().split(`"event":"${event}"`).length > times);
const output = (): string => `${callMetrics.output()}\n${exporter.output()}`;

/** A call comes, and is counted. */
async function counts(): Promise<void> {
  calls += 1;
  await bench.write([call({ id: `c-${calls}` })]);
  const line = `vxt_calls_total{user_uid="u-1",direction="inbound",result="missed"} ${calls}\n`;
  await eventually(async () => (await (await fetch(`${exporterUrl}/metrics`)).text()).includes(line), {
    deadlineMs: 60_000,
    what: output,
  });
}

let outages = 0;
test.each([
  ['frozen', async () => signalKafka('SIGSTOP'), async () => signalKafka('SIGCONT')],
  ['killed and started again', () => stack.kafka.kill(), () => stack.kafka.start()],
] as const)(
  'When the broker is %s, then call-metrics and the exporter tell it in a few lines, leak neither listeners nor sockets, and go on',
  async (_what, begin, end) => {
    await counts();
    const services = [callMetrics, exporter];
    const before = services.map(sockets);
    const lines = services.map((service) => service.output().split('\n').length);
    outages += 1;
    await begin();
    const endMs = performance.now() + OUTAGE_MS;
    await eventually(said('kafka-unreachable', outages), { deadlineMs: 60_000, what: output });
    await eventually(() => performance.now() > endMs, { deadlineMs: OUTAGE_MS + 5_000, everyMs: 1_000 });
    const during = services.map(sockets);
    const errors = [
      await metricOf(callMetrics.adminUrl, 'vxt_kafka_errors_total'),
      await metricOf(exporterUrl, 'vxt_kafka_errors_total'),
    ];
    await end();
    await eventually(said('kafka-answers-again', outages), { deadlineMs: 60_000, what: output });
    await counts();

    const written = services.map((service, index) => service.output().split('\n').length - (lines[index] ?? 0));
    console.log(
      `${_what}: sockets ${before} before, ${during} during, ${services.map(sockets)} after; ${errors} errors, ${written} lines`,
    );
    for (const [index, service] of services.entries()) {
      expect(during[index]).toBeLessThanOrEqual((before[index] ?? 0) + SPARE_SOCKETS);
      await eventually(() => sockets(service) <= (before[index] ?? 0) + SPARE_SOCKETS);
      expect(written[index]).toBeLessThanOrEqual(40);
      expectOnlyLogLines(service);
    }
  },
  240_000,
);
