import { describe, expect, test } from '@jest/globals';
import { retrying } from '../../../../services/call-metrics/rebuild/retrying.ts';

const failure = (more: object) => Object.assign(new Error('failed'), more);

/** Runs `retrying` with an attempt that fails with this error, this many times. */
async function retry(error: Error, failures = Infinity) {
  const pauses: number[] = [];
  const reported: unknown[] = [];
  let attempts = 0;
  const attempt = async () => {
    attempts += 1;
    if (attempts <= failures) throw error;
  };
  const outcome = await retrying(
    attempt,
    (one) => reported.push(one),
    async (ms) => pauses.push(ms),
  ).then(
    () => 'done',
    (thrown: unknown) => thrown,
  );
  return { outcome, attempts, pauses, reported };
}

describe('When a part of a rebuild fails', () => {
  test('and the error may be transient, then it is retried after longer and longer pauses, and each failure is reported', async () => {
    const lost = failure({ retriable: true });
    expect(await retry(lost, 3)).toEqual({
      outcome: 'done',
      attempts: 4,
      pauses: [1_000, 2_000, 4_000],
      reported: [lost, lost, lost],
    });
  });

  test('and keeps failing, then the rebuild ends with the error', async () => {
    const lost = failure({ retriable: true });
    expect(await retry(lost)).toMatchObject({
      outcome: lost,
      attempts: 6,
      pauses: [1_000, 2_000, 4_000, 8_000, 15_000],
    });
  });

  test.each([{}, { retriable: false }, { name: 'KafkaJSNumberOfRetriesExceeded', cause: { retriable: false } }])(
    'and waiting will not help (%j), then it is not retried',
    async (more) => {
      expect(await retry(failure(more))).toMatchObject({ attempts: 1, pauses: [] });
    },
  );

  test('and kafkajs gave up on a transient error, then it is retried', async () => {
    const error = failure({ name: 'KafkaJSNumberOfRetriesExceeded', retriable: false, cause: { retriable: true } });
    expect(await retry(error, 1)).toMatchObject({ outcome: 'done', attempts: 2 });
  });
});
