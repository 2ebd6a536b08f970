import { expect, test } from '@jest/globals';
import { createIngressMetrics } from '../../../services/ingress/ingress-metrics.ts';
import { Registry, renderMetrics } from '../../../services/shared/observability/prometheus.ts';

const traceId = '0123456789abcdef0123456789abcdef';

test('When a request’s trace is sampled, then it is the exemplar of its duration, in OpenMetrics only; other requests have none', async () => {
  const registry = new Registry();
  const { answered } = createIngressMetrics(registry);
  answered('callLog', 'accepted', 0.003, traceId);
  answered('callLog', 'accepted', 0.3, null);
  const open = (await renderMetrics(registry, true)).body;
  const exemplars = open.split('\n').filter((line) => line.includes(' # {'));
  expect(exemplars).toEqual([
    expect.stringMatching(
      new RegExp(`^vxt_webhook_duration_seconds_bucket{le="0.005"} 1 # {trace_id="${traceId}"} 0.003 [\\d.]+$`),
    ),
  ]);
  const plain = (await renderMetrics(registry, false)).body;
  expect(plain).not.toContain(traceId);
  expect(plain).toContain('vxt_webhook_duration_seconds_count 2');
});
