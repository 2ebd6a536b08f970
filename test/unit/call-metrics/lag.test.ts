import { expect, test } from '@jest/globals';
import { createLagTracker } from '../../../services/call-metrics/lag.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const positions = new Map([[0, { calls: 5 }]]);

test('When a record without a time was folded, then the lag goes by the last one that had one, or by the start', () => {
  let nowMs = NOW;
  const tracker = createLagTracker(() => nowMs);
  nowMs += 3_000;
  tracker.read('calls', 0, -1, 9);
  expect(tracker.lags(positions)).toEqual([{ topic: 'calls', partition: 0, lag: { records: 4, seconds: 3 } }]);

  tracker.read('calls', 0, nowMs - 1_000, 9);
  tracker.read('calls', 0, -1, 9);
  expect(tracker.lags(positions)).toEqual([{ topic: 'calls', partition: 0, lag: { records: 4, seconds: 1 } }]);
});
