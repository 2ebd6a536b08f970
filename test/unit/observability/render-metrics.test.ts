import { expect, test } from '@jest/globals';
import {
  registerAbsoluteHistogram,
  registerAbsoluteMetric,
} from '../../../services/shared/observability/absolute-metrics.ts';
import { Counter, Registry, renderMetrics } from '../../../services/shared/observability/prometheus.ts';

function registryWithCounters(): Registry {
  const registry = new Registry();
  new Counter({ name: 'moved_total', help: 'Moved.', registers: [registry] }).inc(2);
  registerAbsoluteMetric(registry, 'counter', {
    name: 'read_total',
    help: 'Read.',
    read: () => [{ labels: { a: 'b' }, value: 3 }],
  });
  registerAbsoluteHistogram(registry, {
    name: 'took_seconds',
    help: 'Took.',
    read: () => [{ labels: { a: 'b' }, bounds: [1, 2], counts: [4, 0, 1], sum: 6.5 }],
  });
  return registry;
}

test('When both formats are asked for in turn, then each names its counters as it should, every time', async () => {
  const registry = registryWithCounters();
  const formats = [false, true, false, true, true, false];
  const rendered = await Promise.all(formats.map((open) => renderMetrics(registry, open)));
  for (const [index, open] of formats.entries()) {
    const body = rendered[index]?.body ?? '';
    expect(body).toContain(open ? '# TYPE moved counter\nmoved_total 2' : '# TYPE moved_total counter\nmoved_total 2');
    expect(body).toContain(
      open ? '# TYPE read counter\nread_total{a="b"} 3' : '# TYPE read_total counter\nread_total{a="b"} 3',
    );
    expect(body.endsWith('# EOF\n')).toBe(open);
  }
});

test('When a histogram is read, then its buckets are cumulative and end with all', async () => {
  const { body } = await renderMetrics(registryWithCounters(), false);
  expect(body).toContain(
    [
      'took_seconds_bucket{le="1",a="b"} 4',
      'took_seconds_bucket{le="2",a="b"} 4',
      'took_seconds_bucket{le="+Inf",a="b"} 5',
      'took_seconds_sum{a="b"} 6.5',
      'took_seconds_count{a="b"} 5',
    ].join('\n'),
  );
});
