import { describe, expect, test } from '@jest/globals';
import { retrying } from '../../../services/call-metrics/rebuild/retrying.ts';

const failure = (more: object) => Object.assign(new Error('failed'), more);

/** What `retrying` does of an attempt that fails in this way, so many times. */
async function retry(error: Error, failures = Infinity) {
  const pauses: number[] = [];
  const told: unknown[] = [];
  let attempts = 0;
  const attempt = async () => {
    attempts += 1;
    if (attempts <= failures) throw error;
  };
  const outcome = await retrying(
    attempt,
    (one) => told.push(one),
    async (ms) => pauses.push(ms),
  ).then(
    () => 'done',
    (thrown: unknown) => thrown,
  );
  return { outcome, attempts, pauses, told };
}

describe('When a part of a rebuild fails', () => {
  test('and it may pass, then it is tried again after longer and longer pauses, and each failure is told', async () => {
    const lost = failure({ retriable: true });
    expect(await retry(lost, 3)).toEqual({
      outcome: 'done',
      attempts: 4,
      pauses: [1_000, 2_000, 4_000],
      told: [lost, lost, lost],
    });
  });

  test('and it does not pass, then the rebuild ends with it', async () => {
    const lost = failure({ retriable: true });
    expect(await retry(lost)).toMatchObject({
      outcome: lost,
      attempts: 6,
      pauses: [1_000, 2_000, 4_000, 8_000, 15_000],
    });
  });

  test.each([{}, { retriable: false }, { name: 'KafkaJSNumberOfRetriesExceeded', cause: { retriable: false } }])(
    'and it will not pass by waiting (%j), then it is not tried again',
    async (more) => {
      expect(await retry(failure(more))).toMatchObject({ attempts: 1, pauses: [] });
    },
  );

  test('and kafkajs gave up on something that may pass, then it is tried again', async () => {
    const error = failure({ name: 'KafkaJSNumberOfRetriesExceeded', retriable: false, cause: { retriable: true } });
    expect(await retry(error, 1)).toMatchObject({ outcome: 'done', attempts: 2 });
  });
});
