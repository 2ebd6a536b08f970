import { expect, test } from '@jest/globals';
import { startCallMetricsProcess } from '../support/call-metrics.ts';
import { ApiKey, startFaultProxy } from '../support/kafka-fault-proxy.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { randomEvents } from '../support/random-events.ts';
import { seededRandom } from '../support/seeded-random.ts';

/** The position is in the state record, so that there is no TxnOffsetCommit to lose. */
const swallowed: ReadonlySet<number> = new Set([ApiKey.addPartitionsToTxn, ApiKey.endTxn, ApiKey.txnOffsetCommit]);

const CUT_COMMITS = 10;

test('When 10 % of the answers to AddPartitionsToTxn and EndTxn are swallowed, then totals are exact', async () => {
  const bench = await projectionBench();
  const random = seededRandom(3);
  const proxy = await startFaultProxy(bench.brokers, {
    answer: ({ apiKey }) => (swallowed.has(apiKey) && random() < 0.1 ? 'cut' : 'pass'),
  });
  const service = await startCallMetricsProcess({ ...bench.environment, KAFKA_BROKERS: proxy.address });

  // How many transactions the events come in is a matter of speed.
  for (let seed = 41; (proxy.cuts().get(ApiKey.endTxn) ?? 0) < CUT_COMMITS; seed += 1) {
    await bench.write(randomEvents({ count: 5_000, seed }), 20);
  }

  const { table, log } = await bench.settle(120_000);
  expect(table).toEqual(log);
  await service.end('SIGTERM');
  await proxy.close();
  expect(await bench.hanging()).toEqual([]);
}, 300_000);
