import { expect, test } from '@jest/globals';
import { type CallMetricsProcess, startCallMetricsProcess } from '../support/call-metrics.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { randomEvents } from '../support/random-events.ts';
import { seededRandom } from '../support/seeded-random.ts';

const EVENTS = 200_000;
const PARTITIONS = 12;
const REPLICAS = 3;
const KILLS_EACH = 20;
/** Events are written in parts, with pauses, so that they come all the time while replicas are killed. */
const PART_EVENTS = 1_000;
const PAUSE_MS = 450;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test(`When ${REPLICAS} replicas are each killed ${KILLS_EACH} times at random while ${EVENTS} events come and a further one joins and leaves, then each event counts once`, async () => {
  const bench = await projectionBench(PARTITIONS);
  const environment = { ...bench.environment, LOG_LEVEL: 'warn' };
  const random = seededRandom(11);
  const start = (ready: boolean): Promise<CallMetricsProcess> => startCallMetricsProcess(environment, { ready });
  const replicas = [await start(true), await start(false), await start(false)];

  let written = false;
  const write = async (): Promise<void> => {
    const events = randomEvents({ count: EVENTS, seed: 5, users: 500 });
    for (let at = 0; at < EVENTS; at += PART_EVENTS) {
      await bench.write(events.slice(at, at + PART_EVENTS), 100);
      await pause(PAUSE_MS);
    }
    written = true;
  };
  let killsUnderLoad = 0;
  const reign = async (replica: number): Promise<void> => {
    for (let kill = 0; kill < KILLS_EACH; kill += 1) {
      await pause(500 + random() * 6_000);
      if (!written) killsUnderLoad += 1;
      await replicas[replica]?.end('SIGKILL');
      replicas[replica] = await start(false);
    }
  };
  let reigning = true;
  let visits = 0;
  /** Joins and leaves the group in good order: two rebalances each time, beside those of the kills. */
  const visit = async (): Promise<void> => {
    while (reigning) {
      const guest = await start(false);
      await pause(5_000 + random() * 5_000);
      const code = await guest.end('SIGTERM');
      expect({ code, said: code === 0 ? '' : guest.output() }).toEqual({ code: 0, said: '' });
      visits += 1;
    }
  };
  const visiting = visit();
  await Promise.all([write(), ...replicas.map((_, index) => reign(index))]).finally(() => {
    reigning = false;
  });
  await visiting;

  const { table, log } = await bench.settle(180_000);
  for (const replica of replicas) await replica.end('SIGTERM');
  expect(log.size).toBeGreaterThan(2_000);
  expect(table).toEqual(log);
  expect(await bench.hanging()).toEqual([]);
  expect(visits).toBeGreaterThan(5);
  expect(killsUnderLoad).toBeGreaterThan((REPLICAS * KILLS_EACH) / 2);
  const calls = [...log].reduce((sum, [key, { calls }]) => sum + (key.endsWith('/lifetime') ? calls : 0), 0);
  process.stdout.write(
    `${EVENTS} events, ${REPLICAS * KILLS_EACH} kills, ${killsUnderLoad} of them while events came, ${visits} visits: ${calls} calls counted once in ${log.size} keys; no transaction hangs\n`,
  );
}, 900_000);
