import { expect, test } from '@jest/globals';
import type { PartitionView } from '../../../services/call-metrics/committed-view.ts';
import { initialState, snapshot } from '../../../services/call-metrics/domain/totals.ts';
import { compareTables } from '../../../services/call-metrics/rebuild/compare-tables.ts';
import type { UserCallMetrics } from '../../../services/shared/call-events/avro-types.generated.ts';

const KEY = 'user/u-1/lifetime';
const subject = { type: 'user', id: 'u-1' } as const;
const place = { timestamp: 1, partition: 0, offset: 0 };

const viewOf = (rows: Readonly<Record<string, UserCallMetrics>>): PartitionView =>
  ({
    totals: (key: string) => rows[key] ?? null,
    kept: (key: string) => JSON.stringify(rows[key]) ?? null,
    keys: () => Object.keys(rows),
  }) as unknown as PartitionView;

/** A lifetime with 7 in every counter and every bucket. */
function sevens(): UserCallMetrics {
  const state = { ...initialState({ kind: 'lifetime' }), firstSeen: place };
  const record = snapshot(state, subject, { kind: 'lifetime' }, 'UTC');
  return JSON.parse(JSON.stringify(record, (name, value) => (value === 0 && !(name in place) ? 7 : value)));
}

/** Paths of all counters; of a histogram, of its first bucket. */
function countersIn(value: unknown, path = ''): readonly string[] {
  if (value === 7) return [path];
  if (typeof value !== 'object' || value === null) return [];
  const members = Object.entries(Array.isArray(value) ? value.slice(0, 1) : value);
  return members.flatMap(([name, member]) => countersIn(member, path === '' ? name : `${path}.${name}`));
}

function withSix(counter: string): UserCallMetrics {
  const record = sevens();
  const path = counter.split('.');
  const parent = path
    .slice(0, -1)
    .reduce<Record<string, unknown>>(
      (object, name) => object[name] as Record<string, unknown>,
      record as unknown as Record<string, unknown>,
    );
  parent[path.at(-1) ?? ''] = 6;
  return record;
}

test.each(countersIn(sevens()))(
  'When a lifetime’s %s becomes smaller, then the rebuild says that a counter will fall',
  (counter) => {
    const comparison = compareTables(viewOf({ [KEY]: sevens() }), viewOf({ [KEY]: withSix(counter) }));
    expect(comparison).toMatchObject({ keys: 1, changed: 1, smaller: 1 });
  },
);

test('When a counter becomes greater, or a key is new, then nothing falls', () => {
  const [less, more] = [withSix('voicemails'), sevens()];
  expect(compareTables(viewOf({ [KEY]: less }), viewOf({ [KEY]: more, other: more }))).toMatchObject({
    keys: 2,
    changed: 2,
    smaller: 0,
  });
});

test('When a key was written while both were read, then it is not judged', () => {
  const comparison = compareTables(
    viewOf({ [KEY]: sevens() }),
    viewOf({ [KEY]: withSix('voicemails') }),
    new Set([KEY]),
  );
  expect(comparison).toMatchObject({ keys: 1, changed: 0, smaller: 0 });
});

test('When a lifetime is gone, then its counters fall; when nothing changes, then the hashes are one', () => {
  expect(compareTables(viewOf({ [KEY]: sevens() }), viewOf({}))).toMatchObject({ changed: 1, smaller: 1 });
  const same = compareTables(viewOf({ [KEY]: sevens() }), viewOf({ [KEY]: sevens() }));
  expect(same).toMatchObject({ changed: 0, smaller: 0 });
  expect(same.hashAfter).toBe(same.hashBefore);
});
