import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLifetimeTable } from '../../../services/prometheus-exporter/domain/lifetime-table.ts';
import { userLabel } from '../../../services/prometheus-exporter/domain/user-label.ts';
import { registerCallMetrics } from '../../../services/prometheus-exporter/exporter-metrics.ts';
import { createMetricsRegistry, renderMetrics } from '../../../services/shared/observability/prometheus.ts';
import { keyOf, lifetime } from '../../support/lifetimes.ts';

const ordinary = [
  ...['0b5a9f3e-52b3-4a6e-9d0c-2f4b7c8d9e01', 'u-17', 'anna@example.com', 'None', 'others', 'uid', 'a uid:b', ' '],
  ...['/', '.', '..', '%2F', '%', '\0', '"', '\\', '\n', 'ü', '\ufffd', '😀', 'x'.repeat(256)],
];
const taken = ['', 'none', 'other', 'uid:', 'uid:none', 'uid:other', 'uid:uid:', 'uid:17'];

const uid = fc.oneof(
  fc.constantFrom(...taken, ...ordinary),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.array(fc.constantFrom('uid:', 'none', 'other', 'x'), { maxLength: 3 }).map((parts) => parts.join('')),
);

describe('The label of a user', () => {
  test.each(ordinary)('%j is as it is', (one) => {
    expect(userLabel(one)).toBe(one);
  });

  test.each(taken)('%j stands behind uid:, as it could be taken for something else', (one) => {
    expect(userLabel(one)).toBe(`uid:${one}`);
  });

  test('is never that of another user, and never one of ours', () => {
    fc.assert(
      fc.property(fc.uniqueArray(uid, { minLength: 2, maxLength: 20 }), (uids) => {
        const labels = uids.map(userLabel);
        expect(new Set(labels).size).toBe(uids.length);
        for (const label of labels) expect(['', 'none', 'other']).not.toContain(label);
      }),
    );
  });
});

test.each([
  ['Prometheus’s format', false],
  ['OpenMetrics', true],
])(
  'When users are called as they should not be, then each has a series of its own in %s',
  async (_format, openMetrics) => {
    const uids = [...ordinary, ...taken];
    const table = createLifetimeTable();
    for (const [index, one] of uids.entries()) {
      const row = lifetime(one, index, { voicemails: index + 1 });
      table.set(keyOf(row), row);
    }
    const registry = createMetricsRegistry('test', '0');
    registerCallMetrics(registry, () => table.expose(1_000), false);
    const { body } = await renderMetrics(registry, openMetrics);
    const labelIn = (text: string) => text.replace(/\\(.)/g, (_whole, char: string) => (char === 'n' ? '\n' : char));
    const series = [...body.matchAll(/^vxt_voicemails_total\{user_uid="((?:[^"\\\n]|\\.)*)"\} (\d+)$/gm)];
    expect(new Map(series.map(([, label = '', value]) => [labelIn(label), Number(value)]))).toEqual(
      new Map([['none', 0], ...uids.map((one, index) => [userLabel(one), index + 1] as const)]),
    );
  },
);
