import { afterAll, expect, test } from '@jest/globals';
import { type CallMetricsProcess, startCallMetricsProcess, startWithTest } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/kafka-fault-proxy.ts';
import { expectOnlyLogLines, quiet } from '../support/log-lines.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { freePort, type ServiceProcess, untilReady } from '../support/service-process.ts';
import { call } from '../unit/call-metrics/events.ts';

/** More lines than this in an outage are too many to read. */
const READABLE = 25;
/** Connections that fail one after the other: each is an attempt of a client to get back. */
const ATTEMPTS = 150;

let proxy: FaultProxy;
afterAll(async () => {
  await proxy?.close();
});

const eventsOf = (service: ServiceProcess): readonly string[] =>
  service
    .output()
    .split('\n')
    .flatMap((line) => /"event":"([^"]+)"/.exec(line)?.[1] ?? []);

test('When Kafka is away for a while, then call-metrics and the exporter say what changed, once each, their logs are still readable, and they go on', async () => {
  let away = false;
  const bench = await projectionBench();
  proxy = await startFaultProxy(bench.brokers, { request: () => (away ? 'cut' : 'pass') });
  const environment = { ...bench.environment, ...quiet, KAFKA_BROKERS: proxy.address };
  const callMetrics: CallMetricsProcess = await startCallMetricsProcess(environment);
  const port = String(await freePort());
  const exporter = startWithTest('services/prometheus-exporter/main.ts', { ...environment, PORT: port });
  await untilReady(exporter, `http://127.0.0.1:${port}/metrics`);
  const services = [callMetrics, exporter];
  const saidByAll = (event: string) => () => services.every((service) => eventsOf(service).includes(event));
  const cuts = () => [...proxy.cuts().values()].reduce((sum, count) => sum + count, 0);
  const output = () => services.map((service) => service.output()).join('\n');
  const counted = async (line: string) =>
    (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).includes(line);
  const missed = (count: number) => `vxt_calls_total{user_uid="u-1",direction="inbound",result="missed"} ${count}\n`;
  await bench.write([call({ id: 'before' })]);
  await eventually(() => counted(missed(1)), { what: output });

  const before = services.map((service) => eventsOf(service).length);
  away = true;
  await eventually(saidByAll('kafka-unreachable'), { deadlineMs: 60_000, what: output });
  await bench.write([call({ id: 'meanwhile' })]);
  const cutsThen = cuts();
  await eventually(() => cuts() > cutsThen + ATTEMPTS, { deadlineMs: 90_000, what: () => `attempts: ${cuts()}` });
  away = false;
  await eventually(saidByAll('kafka-answers-again'), { deadlineMs: 60_000, what: output });
  await eventually(() => counted(missed(2)), { deadlineMs: 60_000, what: output });

  for (const [index, service] of services.entries()) {
    const written = eventsOf(service).slice(before[index]);
    for (const change of ['kafka-unreachable', 'kafka-answers-again'])
      expect(written.filter((event) => event === change)).toEqual([change]);
    expect(written.length <= READABLE ? [] : written).toEqual([]);
    expectOnlyLogLines(service);
    expect(await service.end()).toBe(0);
    expectOnlyLogLines(service);
  }
});
