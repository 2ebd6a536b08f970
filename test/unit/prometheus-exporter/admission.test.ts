import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  createLifetimeTable,
  type LifetimeTable,
} from '../../../services/prometheus-exporter/domain/lifetime-table.ts';
import * as samples from '../../../services/prometheus-exporter/domain/samples.ts';
import type { UserCallMetrics } from '../../../services/shared/call-events/avro-types.generated.ts';
import { keyOf, lifetime } from '../../support/lifetimes.ts';

const uids = ['a', 'b', 'c', 'd', 'e', 'f', 'none', ''];
const user = fc.constantFrom(...uids);

/** A record of the table with any rank; ranks may be equal, and another record of the user may have another one. */
const record = fc
  .record({ uid: user, firstSeen: fc.record({ timestamp: fc.nat(5), partition: fc.nat(2), offset: fc.nat(2) }) })
  .map(({ uid, firstSeen }) => lifetime(uid, 0, { firstSeen, voicemails: 1 }));
const step = fc.oneof(
  { weight: 4, arbitrary: record.map((row) => ({ do: 'set' as const, row })) },
  { weight: 1, arbitrary: user.map((uid) => ({ do: 'delete' as const, row: lifetime(uid, 0) })) },
  { weight: 3, arbitrary: fc.constant({ do: 'expose' as const }) },
);

const total = (table: LifetimeTable, cap: number): number =>
  samples.voicemails(table.expose(cap)).reduce((sum, { value }) => sum + value, 0);
const named = (table: LifetimeTable, cap: number): readonly string[] =>
  [...table.expose(cap).byUser.keys()].filter((label) => label !== 'none' && label !== 'other').sort();
const tableOf = (rows: Iterable<UserCallMetrics>): LifetimeTable => {
  const table = createLifetimeTable();
  for (const row of rows) table.set(keyOf(row), row);
  return table;
};
const labelOf = (uid: string): string => (uid === '' || uid === 'none' ? `uid:${uid}` : uid);

describe('As long as an exporter runs', () => {
  test('whatever records come, then no user moves to `other` or out of it, at most the cap is named, and all are counted', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(5), (steps, cap) => {
        const table = createLifetimeTable();
        const present = new Set<string>();
        const exposedAs = new Map<string, 'named' | 'other'>();
        for (const one of steps) {
          if (one.do === 'set') {
            table.set(keyOf(one.row), one.row);
            present.add(one.row.subject.id);
          } else if (one.do === 'delete') {
            table.delete(keyOf(one.row));
            present.delete(one.row.subject.id);
            exposedAs.delete(one.row.subject.id);
          } else {
            const shown = named(table, cap);
            for (const uid of present) {
              const place = shown.includes(labelOf(uid)) ? 'named' : 'other';
              expect([uid, exposedAs.get(uid) ?? place]).toEqual([uid, place]);
              exposedAs.set(uid, place);
            }
            expect(shown.length).toBeLessThanOrEqual(cap);
            expect(table.expose(cap).usersInOther).toBe(present.size - shown.length);
            expect(total(table, cap)).toBe(present.size);
          }
        }
      }),
    );
  });

  test('when a partition that was behind brings a user who was there before the others, then that one is in `other`', () => {
    const table = tableOf([lifetime('a', 10), lifetime('b', 20)]);
    expect(named(table, 2)).toEqual(['a', 'b']);
    const late = lifetime('c', 5);
    table.set(keyOf(late), late);
    expect([named(table, 2), table.expose(2).usersInOther]).toEqual([['a', 'b'], 1]);
  });

  test('when an earlier record of a user in `other` is read, then that one stays there', () => {
    const table = tableOf([lifetime('a', 10), lifetime('b', 20), lifetime('c', 30)]);
    expect(named(table, 2)).toEqual(['a', 'b']);
    const earlier = lifetime('c', 5);
    table.set(keyOf(earlier), earlier);
    expect(named(table, 2)).toEqual(['a', 'b']);
  });

  test('when a named user is gone, then the room is for who comes next, and nobody leaves `other`', () => {
    const table = tableOf([lifetime('a', 10), lifetime('b', 20)]);
    expect(named(table, 1)).toEqual(['a']);
    table.delete('user/a/lifetime');
    expect([named(table, 1), table.expose(1).usersInOther]).toEqual([[], 1]);
    const next = lifetime('c', 30);
    table.set(keyOf(next), next);
    expect([named(table, 1), table.expose(1).usersInOther]).toEqual([['c'], 1]);
  });
});

test('When users come in the order of their first records, then every replica names the same, whenever it starts and is scraped', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(uids, { minLength: 1 }),
      fc.array(fc.record({ at: fc.nat(8), scraped: fc.boolean() }), { maxLength: 8 }),
      fc.nat(5),
      (order, scrapes, cap) => {
        const rows = order.map((uid, rank) => lifetime(uid, rank));
        const old = createLifetimeTable();
        for (const [count, row] of rows.entries()) {
          old.set(keyOf(row), row);
          if (scrapes.some(({ at, scraped }) => scraped && at === count)) old.expose(cap);
          const restarted = tableOf([...rows.slice(0, count + 1)].reverse());
          expect(named(restarted, cap)).toEqual(
            rows
              .slice(0, Math.min(cap, count + 1))
              .map((one) => labelOf(one.subject.id))
              .sort(),
          );
        }
        expect(named(old, cap)).toEqual(named(tableOf(rows), cap));
      },
    ),
  );
});
