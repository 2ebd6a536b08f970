import { describe, expect, test } from '@jest/globals';
import { createWorkersMetrics } from '../../../services/ingress/workers/workers-metrics.ts';
import { readinessOf } from '../../../services/ingress/workers/workers-readiness.ts';
import type { MetricsSnapshot } from '../../../services/shared/observability/merge-metrics.ts';
import { snapshotOf } from './snapshot-of.ts';

describe('The readiness of all workers', () => {
  const ready = { kind: 'present', readiness: { ready: true } } as const;
  const away = { kind: 'present', readiness: { ready: false, reasons: ['Kafka takes no connection'] } } as const;

  test.each([
    [
      [
        { slot: 0, ...ready },
        { slot: 1, ...ready },
      ],
      null,
    ],
    [
      [
        { slot: 0, ...ready },
        { slot: 1, kind: 'still' },
      ],
      'worker 1 stands still',
    ],
    [
      [
        { slot: 0, ...ready },
        { slot: 1, kind: 'starting' },
      ],
      'worker 1 is starting',
    ],
    [
      [
        { slot: 0, ...ready },
        { slot: 1, kind: 'absent' },
      ],
      null,
    ],
    [
      [
        { slot: 0, ...away },
        { slot: 1, ...away },
      ],
      'Kafka takes no connection',
    ],
    [
      [
        { slot: 0, ...away },
        { slot: 1, kind: 'absent' },
      ],
      'Kafka takes no connection; worker 1 ended and is started again',
    ],
    [[], 'The workers are not started yet'],
  ] as const)('When they are %j, then it is %j', (states, reasons) => {
    const readiness = readinessOf(states);
    expect(readiness.ready ? null : readiness.reasons.join('; ')).toBe(reasons);
  });
});

describe('The metrics of all workers', () => {
  let told: (MetricsSnapshot | null)[];
  const metrics = () =>
    createWorkersMetrics(() =>
      told.map((snapshot, slot) => ({
        state: () => ({ slot, kind: 'present', readiness: { ready: true } }) as const,
        ask: async () => undefined,
        lastKnown: () => snapshot,
        stop: async () => undefined,
      })),
    );

  test('When a worker ended, then what it counted stays in the totals, and its gauges do not', async () => {
    told = [await snapshotOf(3), await snapshotOf(4)];
    const all = metrics();
    expect((await all.render()).body).toMatch(/^vxt_webhooks_total 7$/m);
    for (let restart = 1; restart <= 3; restart += 1) {
      all.retire(await snapshotOf(4));
      told = [await snapshotOf(3), null];
      const { body } = await all.render();
      expect(body).toMatch(new RegExp(`^vxt_webhooks_total ${3 + 4 * restart}$`, 'm'));
      expect(body).toMatch(/^vxt_publish_queue_records 3$/m);
    }
  });

  test('When no worker has told anything yet, then the text still says how many are ready', async () => {
    told = [null, null];
    expect((await metrics().render()).body).toMatch(/^vxt_ingress_workers_ready 2$/m);
  });
});
