import { describe, expect, test } from '@jest/globals';
import { createWorkersMetrics } from '../../../../services/ingress/workers/workers-metrics.ts';
import { readinessOf } from '../../../../services/ingress/workers/workers-readiness.ts';
import type { MetricsSnapshot } from '../../../../services/shared/observability/merge-metrics.ts';
import { snapshotOf } from '../../../support/metrics-snapshot.ts';

describe('The readiness of all workers', () => {
  const ready = { kind: 'present', readiness: { ready: true } } as const;
  const unavailable = {
    kind: 'present',
    readiness: { ready: false, reasons: ['There is no connection to Kafka'] },
  } as const;

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
        { slot: 1, kind: 'unresponsive' },
      ],
      'worker 1 is not responding',
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
        { slot: 0, ...unavailable },
        { slot: 1, ...unavailable },
      ],
      'There is no connection to Kafka',
    ],
    [
      [
        { slot: 0, ...unavailable },
        { slot: 1, kind: 'absent' },
      ],
      'There is no connection to Kafka; worker 1 ended and is being restarted',
    ],
    [[], 'The workers have not started yet'],
  ] as const)('When they are %j, then it is %j', (states, reasons) => {
    const readiness = readinessOf(states);
    expect(readiness.ready ? null : readiness.reasons.join('; ')).toBe(reasons);
  });
});

describe('The metrics of all workers', () => {
  let reported: (MetricsSnapshot | null)[];
  const metrics = () =>
    createWorkersMetrics(() =>
      reported.map((snapshot, slot) => ({
        state: () => ({ slot, kind: 'present', readiness: { ready: true } }) as const,
        refreshMetrics: async () => undefined,
        metrics: () => snapshot,
        stop: async () => undefined,
      })),
    );

  test('When a worker has ended, then its counts stay in the totals, and its gauges do not', async () => {
    reported = [await snapshotOf(3), await snapshotOf(4)];
    const all = metrics();
    expect((await all.render()).body).toMatch(/^vxt_webhooks_total 7$/m);
    for (let restart = 1; restart <= 3; restart += 1) {
      all.retire(await snapshotOf(4));
      reported = [await snapshotOf(3), null];
      const { body } = await all.render();
      expect(body).toMatch(new RegExp(`^vxt_webhooks_total ${3 + 4 * restart}$`, 'm'));
      expect(body).toMatch(/^vxt_publish_queue_records 3$/m);
    }
  });

  test('When no worker has reported metrics yet, then the number of ready workers is exposed all the same', async () => {
    reported = [null, null];
    expect((await metrics().render()).body).toMatch(/^vxt_ingress_workers_ready 2$/m);
  });
});
