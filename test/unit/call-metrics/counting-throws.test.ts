import { expect, test } from '@jest/globals';
import type { Codecs } from '../../../services/call-metrics/codecs.ts';
import { call } from './events.ts';
import { inMemory } from './projection-in-memory.ts';

const LOG_TIME = Date.UTC(2026, 10, 22, 12);

/** Codecs that throw at one reading of the totals, once `broken` says so: that is after the id of an event was remembered. */
const throwing =
  (broken: { next: boolean }) =>
  (codecs: Codecs): Codecs => {
    const { reader, writer } = codecs.table;
    const decode: typeof reader.decode = (value) => {
      if (!broken.next) return reader.decode(value);
      broken.next = false;
      throw new Error('a bug of counting');
    };
    return { ...codecs, table: { writer, reader: { ...reader, decode } } };
  };

test('When counting a call throws after its id was remembered, then it counts at the next attempt and is no duplicate', async () => {
  const broken = { next: false };
  const { driver, pipe, totals, counts } = await inMemory({}, { alter: throwing(broken) });
  pipe(call({ id: 'before' }), LOG_TIME);
  await driver.drain();
  await driver.crash();
  pipe(call({ id: 'thrown' }), LOG_TIME);
  broken.next = true;

  await driver.drain().catch(() => undefined);
  expect(broken.next).toBe(false);
  await driver.drain();

  expect((await totals()).get('user/u-1/lifetime')?.inbound.missed).toBe(2);
  expect([counts('applied'), counts('duplicate')]).toEqual([2, 0]);
});
