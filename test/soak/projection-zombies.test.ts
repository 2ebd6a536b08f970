import { describe, expect, test } from '@jest/globals';
import { startCallMetricsProcess } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { ApiKey, type ProxiedRequest, startFaultProxy } from '../support/kafka-fault-proxy.ts';
import { killAtCommit } from '../support/kill-at-commit.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { randomEvents } from '../support/random-events.ts';

const INIT_PRODUCER_ID = 22;
const STOPPED_MS = 60_000;

type Point = Readonly<{ request?: number; answer?: number; skip: number }>;

describe('When a replica stands still for 60 s while its successor works, then nothing changes:', () => {
  test.each<[string, Point]>([
    ['after the join, before the fence', { request: INIT_PRODUCER_ID, skip: 0 }],
    ['after the fence, before the restore', { answer: INIT_PRODUCER_ID, skip: 0 }],
    ['between the last write and the end of the transaction', { request: ApiKey.endTxn, skip: 2 }],
  ])(
    '%s',
    async (_name, point) => {
      const bench = await projectionBench();
      let stop = (): void => undefined;
      let skipped = 0;
      let armed = true;
      const at = (key: number | undefined) => (seen: ProxiedRequest) => {
        if (!armed || key === undefined || seen.apiKey !== key) return 'pass';
        if (skipped < point.skip) {
          skipped += 1;
          return 'pass';
        }
        armed = false;
        stop();
        return { delayMs: STOPPED_MS };
      };
      const proxy = await startFaultProxy(bench.brokers, { request: at(point.request), answer: at(point.answer) });
      const zombie = await startCallMetricsProcess(
        { ...bench.environment, KAFKA_BROKERS: proxy.address },
        { ready: false },
      );
      let stoppedMs = 0;
      stop = () => {
        zombie.child.kill('SIGSTOP');
        stoppedMs = Date.now();
      };

      const writing = bench.write(randomEvents({ count: 6_000, seed: 21 }), 20);
      await eventually(() => stoppedMs > 0, { what: () => `the point to be reached; ${zombie.output()}` });
      const successor = await startCallMetricsProcess(bench.environment);
      await writing;
      const meanwhile = await bench.settle(45_000);
      expect(meanwhile.table).toEqual(meanwhile.log);

      await eventually(() => Date.now() - stoppedMs >= STOPPED_MS, { deadlineMs: STOPPED_MS + 5_000 });
      zombie.child.kill('SIGCONT');
      await bench.write(randomEvents({ count: 3_000, seed: 22 }), 50);

      const { table, log } = await bench.settle();
      expect(table).toEqual(log);
      await zombie.end('SIGTERM');
      await successor.end('SIGTERM');
      await proxy.close();
      expect(await bench.hanging()).toEqual([]);
    },
    300_000,
  );
});

test('When a replica is killed in the middle of a transaction and nobody follows, then readers go on within 25 s', async () => {
  const bench = await projectionBench();
  const proxy = await killAtCommit(bench.brokers);
  const service = await startCallMetricsProcess({ ...bench.environment, KAFKA_BROKERS: proxy.address });
  proxy.aimAt(service);
  await bench.write(randomEvents({ count: 300, seed: 31 }));
  const killed = await eventually(proxy.killedAtMs);

  await eventually(async () => (await bench.hanging()).length === 0, { deadlineMs: 25_000, everyMs: 500 });

  expect(Date.now() - killed).toBeLessThan(25_000);
  await proxy.close();
}, 120_000);
