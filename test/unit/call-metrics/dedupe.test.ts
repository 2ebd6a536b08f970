import { expect, test } from '@jest/globals';
import { createDedupe, ENTRIES_PER_RECORD } from '../../../services/call-metrics/dedupe.ts';
import type { EventKind } from '../../../services/shared/call-events/topics.ts';
import { createSeenIds } from '../../../services/shared/projection/seen-ids.ts';

const content = Buffer.from('same');

test('When one transaction counts more ids than a record holds, then they go into several, and each is known before, during and after its commit', () => {
  const committed = { callLog: createSeenIds(), voicemail: createSeenIds() };
  const dedupe = createDedupe((input) => committed[input], 1_000);
  const counts: readonly (readonly [EventKind, number])[] = [
    ['callLog', 2 * ENTRIES_PER_RECORD + 500],
    ['voicemail', ENTRIES_PER_RECORD + 1],
  ];
  const sightings = () => {
    const found = new Map<string, number>();
    for (const [input, count] of counts) {
      for (let id = 0; id < count; id += 1) {
        const sighting = dedupe.sight(input, `${input}/${id}`, content, 1, 1);
        found.set(sighting, (found.get(sighting) ?? 0) + 1);
      }
    }
    return Object.fromEntries(found);
  };
  const total = counts.reduce((sum, [, count]) => sum + count, 0);

  expect(sightings()).toEqual({ new: total });
  expect(sightings()).toEqual({ duplicate: total });
  const { records, committed: commit } = dedupe.take(1);
  expect(sightings()).toEqual({ duplicate: total });
  expect(dedupe.sight('callLog', 'next', content, 2, 2)).toBe('new');
  commit();
  expect(sightings()).toEqual({ duplicate: total });
  expect(dedupe.sight('callLog', 'next', Buffer.from('other'), 2, 2)).toBe('conflict');

  const sizes = records.map(({ inputs }) => inputs.map(({ input, entries }) => [input, entries.length / 32]));
  expect(sizes).toEqual([
    [
      ['callLog', ENTRIES_PER_RECORD],
      ['voicemail', ENTRIES_PER_RECORD],
    ],
    [
      ['callLog', ENTRIES_PER_RECORD],
      ['voicemail', 1],
    ],
    [['callLog', 500]],
  ]);
  const restored = createSeenIds();
  for (const { inputs } of records) for (const { entries } of inputs) restored.addPacked(entries, 0);
  expect(restored.size()).toBe(total);
  expect(dedupe.take(1).records.flatMap(({ inputs }) => inputs.map(({ entries }) => entries.length / 32))).toEqual([1]);
});
