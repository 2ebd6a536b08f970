import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { assignPartitions, type GroupMember } from '../../../services/shared/projection/assign-partitions.ts';

const count = fc.integer({ min: 1, max: 24 });
const members = fc.uniqueArray(
  fc.record({
    id: fc.string({ minLength: 1, maxLength: 4 }),
    held: fc.array(fc.integer({ min: -2, max: 30 }), { maxLength: 30 }),
  }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 6 },
);
const moved = (before: ReadonlyMap<string, readonly number[]>, after: ReadonlyMap<string, readonly number[]>): number =>
  [...after].reduce(
    (sum, [id, own]) => sum + own.filter((partition) => !before.get(id)?.includes(partition)).length,
    0,
  );
const asMembers = (assigned: ReadonlyMap<string, readonly number[]>, ids: readonly string[]): readonly GroupMember[] =>
  ids.map((id) => ({ id, held: assigned.get(id) ?? [] }));

describe('Sharing partitions out', () => {
  test('gives each partition to one member, and no member two more than another, whatever they claim', () => {
    fc.assert(
      fc.property(members, count, (given, partitions) => {
        const assigned = assignPartitions(given, partitions);
        const all = [...assigned.values()].flat().sort((a, b) => a - b);
        expect(all).toEqual(Array.from({ length: partitions }, (_, partition) => partition));
        const sizes = [...assigned.values()].map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect([...assigned.keys()].sort()).toEqual(given.map(({ id }) => id).sort());
      }),
    );
  });

  test('moves nothing when nothing has changed, whatever the order of the members', () => {
    fc.assert(
      fc.property(members, count, (given, partitions) => {
        const first = assignPartitions(given, partitions);
        const again = assignPartitions(
          asMembers(
            first,
            given.map(({ id }) => id),
          ).toReversed(),
          partitions,
        );
        expect(moved(first, again)).toBe(0);
      }),
    );
  });

  test('moves only what a new member needs, and only what a lost one had', () => {
    fc.assert(
      fc.property(members, count, (given, partitions) => {
        const ids = given.map(({ id }) => id);
        const first = assignPartitions(given, partitions);
        const grown = assignPartitions(asMembers(first, [...ids, 'newcomer']), partitions);
        expect(moved(first, grown)).toBe(grown.get('newcomer')?.length);
        const [lost = '', ...left] = ids;
        if (left.length === 0) return;
        const shrunk = assignPartitions(asMembers(first, left), partitions);
        expect(moved(first, shrunk)).toBe(first.get(lost)?.length);
      }),
    );
  });

  test('three replicas share twelve partitions by four', () => {
    const assigned = assignPartitions(
      ['a', 'b', 'c'].map((id) => ({ id, held: [] })),
      12,
    );
    expect([...assigned.values()]).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10, 11],
    ]);
  });
});
