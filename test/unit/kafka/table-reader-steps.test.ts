import { describe, expect, test } from '@jest/globals';
import { createSteps } from '../../../services/shared/kafka/table-reader-steps.ts';

const place = { topic: 't', partition: 0 };

/** Steps over a log that goes on for `left` offsets, and the clock. */
function partitionWith(left: number) {
  let stepped = 0;
  const steps = createSteps(() => {
    stepped += 1;
    return stepped < left;
  });
  const fetch = (node: number, nowMs: number): void => {
    steps.fetchAsked(node, nowMs);
    steps.fetchAnswered(node, nowMs);
  };
  return { steps, fetch, stepped: () => stepped };
}

describe('When a partition stands still for 2 s short of its end', () => {
  test('then it is stepped over after 4 more answers, and on to its end without another wait', () => {
    const { steps, fetch, stepped } = partitionWith(3);
    steps.moved(place, 0);
    steps.leaderSays(place, true, 1_000);
    for (let ms = 1_000; ms < 2_000; ms += 100) fetch(1, ms);
    expect(stepped()).toBe(0);
    fetch(1, 2_000);
    expect(stepped()).toBe(1);
    for (let count = 0; count < 12; count += 1) fetch(1, 2_001);
    expect(stepped()).toBe(3);
  });

  test('then it is left alone while its leader does not say that the log goes on', () => {
    const { steps, fetch, stepped } = partitionWith(1);
    steps.moved(place, 0);
    steps.leaderSays(place, false, 1_000);
    for (let ms = 0; ms < 9_000; ms += 100) fetch(1, ms);
    expect(stepped()).toBe(0);
  });

  test('then it is left alone while another node hangs: that one may be the leader kafkajs knows', () => {
    const { steps, fetch, stepped } = partitionWith(1);
    steps.moved(place, 0);
    steps.fetchAsked(2, 0);
    steps.leaderSays(place, true, 1_000);
    for (let ms = 1_000; ms < 29_000; ms += 100) fetch(1, ms);
    expect(stepped()).toBe(0);
    for (let ms = 29_000; ms < 31_000; ms += 100) fetch(1, ms);
    expect(stepped()).toBe(1);
  });

  test('then a record that comes after all starts the wait anew', () => {
    const { steps, fetch, stepped } = partitionWith(1);
    steps.moved(place, 0);
    steps.leaderSays(place, true, 1_000);
    steps.moved(place, 1_900);
    for (let ms = 1_900; ms < 3_900; ms += 100) fetch(1, ms);
    steps.leaderSays(place, true, 3_900);
    fetch(1, 3_900);
    expect(stepped()).toBe(0);
    for (let count = 0; count < 3; count += 1) fetch(1, 4_000);
    expect(stepped()).toBe(1);
  });
});
