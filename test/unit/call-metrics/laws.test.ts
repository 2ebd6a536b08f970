import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { TestDriver } from '../../../services/shared/projection/test-driver.ts';
import { naiveTotals, totalsByKey } from '../../support/naive-totals.ts';
import type { TestEvent } from '../../support/produce-events.ts';
import { randomEvents } from '../../support/random-events.ts';
import { inMemory, RULES, TOPICS } from './projection-in-memory.ts';

const LOG_START = Date.UTC(2026, 10, 22);
const runs = { numRuns: 25 };

const step = fc.oneof(
  fc.record({
    do: fc.constant('deliver' as const),
    topic: fc.constantFrom(TOPICS.callLogs, TOPICS.voicemails),
    partition: fc.nat({ max: RULES.partitions - 1 }),
    atMost: fc.integer({ min: 1, max: 12 }),
  }),
  fc.record({
    do: fc.constant('commit' as const),
    partition: fc.nat({ max: RULES.partitions - 1 }),
    outcome: fc.constantFrom('committed' as const, 'failed' as const, 'unknown-committed' as const),
  }),
  fc.record({ do: fc.constant('crash' as const) }),
);
const events = fc
  .record({ seed: fc.nat(), count: fc.integer({ min: 1, max: 60 }), duplicates: fc.constantFrom(0, 0.1, 0.5) })
  .map((options) => randomEvents({ ...options, users: 3 }));

/** The bytes of the table, by key. */
const hex = (driver: TestDriver): ReadonlyMap<string, string> =>
  new Map([...driver.table(TOPICS.table)].map(([key, value]) => [key, value.toString('hex')]));

/** The projection after these events, with nothing going wrong. */
async function undisturbed(given: readonly TestEvent[]) {
  const projection = await inMemory();
  for (const [index, event] of given.entries()) projection.pipe(event, LOG_START + index);
  await projection.driver.drain();
  return projection;
}

describe('The laws of the projection', () => {
  test('totals are those of an independent calculation from the log', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (given) => {
        const { totals } = await undisturbed(given);
        expect(totalsByKey(await totals())).toEqual(naiveTotals(given, RULES.partitions));
      }),
      runs,
    );
  });

  test('any interleaving of reads, commits whose outcome is lost, crashes and restarts gives the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.array(step, { maxLength: 40 }), async (given, steps) => {
        const calm = await undisturbed(given);
        const { driver, pipe } = await inMemory();
        for (const [index, event] of given.entries()) pipe(event, LOG_START + index);
        for (const one of steps) {
          if (one.do === 'deliver') await driver.deliver(one.topic, one.partition, one.atMost);
          else if (one.do === 'commit') await driver.commit(one.partition, one.outcome);
          else await driver.crash();
        }
        await driver.drain();
        expect(hex(driver)).toEqual(hex(calm.driver));
      }),
      runs,
    );
  });

  test('the same events twice change nothing', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (given) => {
        const once = await undisturbed(given);
        const { driver, pipe } = await inMemory();
        for (const [index, event] of given.entries()) pipe(event, LOG_START + index);
        await driver.drain();
        for (const [index, event] of given.entries()) pipe(event, LOG_START + 1_000 + index);
        await driver.drain();
        expect(hex(driver)).toEqual(hex(once.driver));
      }),
      runs,
    );
  });

  test('replay from zero equals incremental, and whichever topic is read first', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (given) => {
        const whole = await undisturbed(given);
        const { driver, pipe } = await inMemory();
        for (const [index, event] of given.entries()) {
          pipe(event, LOG_START + index);
          await driver.drain();
        }
        expect(hex(driver)).toEqual(hex(whole.driver));
        const other = await inMemory();
        for (const [index, event] of given.entries()) other.pipe(event, LOG_START + index);
        for (let partition = 0; partition < RULES.partitions; partition += 1)
          await other.driver.deliver(TOPICS.voicemails, partition, Number.MAX_SAFE_INTEGER);
        await other.driver.drain();
        expect(hex(other.driver)).toEqual(hex(whole.driver));
      }),
      runs,
    );
  });

  test('each event is counted in exactly one committed outcome', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (given) => {
        const { counts } = await undisturbed(given);
        expect(counts('applied') + counts('duplicate') + counts('conflict') + counts('dead_letter')).toBe(given.length);
        expect(counts('applied')).toBe(new Set(given).size);
      }),
      runs,
    );
  });
});
