import { afterAll, expect, test } from '@jest/globals';
import { startCallMetricsProcess } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { ApiKey, type FaultProxy, startFaultProxy } from '../support/kafka-fault-proxy.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { call } from '../unit/call-metrics/events.ts';

/** Below the request timeout of call-metrics: the commit is slow, and succeeds. */
const COMMIT_TAKES_MS = 3_500;

let proxy: FaultProxy;
afterAll(async () => {
  await proxy?.close();
});

test('When a commit takes long, then its partition is behind until it has succeeded, though all is folded, and tells how long its records wait', async () => {
  let slow = false;
  const bench = await projectionBench();
  proxy = await startFaultProxy(bench.brokers, {
    request: ({ apiKey }) => (slow && apiKey === ApiKey.endTxn ? { delayMs: COMMIT_TAKES_MS } : 'pass'),
  });
  const { adminUrl } = await startCallMetricsProcess({ ...bench.environment, KAFKA_BROKERS: proxy.address });
  const event = call({ id: 'slow' });
  const { topic, partition } = bench.toRecord(event);
  const metrics = async () => {
    const page = await (await fetch(`${adminUrl}/metrics`)).text();
    const gauge = (name: string, labels: string): number =>
      Number(new RegExp(`^vxt_projection_${name}\\{${labels}\\} (\\S+)$`, 'm').exec(page)?.[1]);
    return {
      lag: gauge('lag_records', `topic="${topic}",partition="${partition}"`),
      lagSeconds: gauge('lag_seconds', `topic="${topic}",partition="${partition}"`),
      waiting: gauge('waiting_seconds', `partition="${partition}"`),
      others: [0, 1, 2].filter((one) => one !== partition).map((one) => gauge('waiting_seconds', `partition="${one}"`)),
    };
  };
  await bench.write([call({ id: 'before' })]);
  await bench.settle();
  expect(await metrics()).toEqual({ lag: 0, lagSeconds: 0, waiting: 0, others: [0, 0] });

  slow = true;
  await bench.write([event]);
  const seen = await eventually(async () => {
    const now = await metrics();
    return now.waiting > 2 ? now : null;
  });
  expect(seen).toMatchObject({ lag: 1, others: [0, 0] });
  expect(seen.lagSeconds).toBeGreaterThan(2);
  slow = false;
  await eventually(async () => {
    const { lag, lagSeconds, waiting } = await metrics();
    return lag === 0 && lagSeconds === 0 && waiting === 0;
  });
  const { table, log } = await bench.settle();
  expect(table).toEqual(log);
});
