import { expect, test } from '@jest/globals';
import type { Codecs } from '../../../../services/call-metrics/projection/codecs.ts';
import { call } from '../../../support/call-events.ts';
import { inMemory } from '../../../support/projection-in-memory.ts';

const LOG_TIME = Date.UTC(2026, 10, 22, 12);

/** Codecs that throw at the next reading of totals after `broken.next` is set: the id of the event has been remembered by then. */
const throwing =
  (broken: { next: boolean }) =>
  (codecs: Codecs): Codecs => {
    const { reader, writer } = codecs.table;
    const decode: typeof reader.decode = (value) => {
      if (!broken.next) return reader.decode(value);
      broken.next = false;
      throw new Error('a bug in counting');
    };
    return { ...codecs, table: { writer, reader: { ...reader, decode } } };
  };

test('When counting a call throws after its id was remembered, then it counts at the next attempt and is not a duplicate', async () => {
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
