import { expect, test } from '@jest/globals';
import { readIngressConfig } from '../../../services/ingress/config.ts';
import { SettingsError } from '../../../services/shared/config/settings.ts';

const needed = {
  KAFKA_BROKERS: 'kafka:9092',
  SCHEMA_REGISTRY_URL: 'http://registry:8081',
  VXT_WEBHOOK_TOKENS: 'token-of-the-config-test',
  SPOOL_DIRECTORY: '/spool',
};
const problemsOf = (more: Readonly<Record<string, string>>): readonly string[] => {
  try {
    readIngressConfig({ ...needed, ...more });
    return [];
  } catch (error) {
    return error instanceof SettingsError ? error.problems : [String(error)];
  }
};

test('When nothing but the needed is set, then the defaults fit each other', () => {
  expect(problemsOf({})).toEqual([]);
});

test.each([
  [
    'a queue holds less than one webhook',
    { PUBLISH_QUEUE_BYTES: '1048576' },
    /^PUBLISH_QUEUE_BYTES "1048576" would hold/,
  ],
  [
    'a queue holds none of the larger webhooks',
    { WEBHOOK_BODY_LIMIT: '3145728', PUBLISH_QUEUE_BYTES: '2097152' },
    /3211264 or more/,
  ],
  ['a spool holds less than one webhook', { SPOOL_MAX_BYTES: '1048576' }, /^SPOOL_MAX_BYTES "1048576" is too little/],
  [
    'a request may take longer than a stop',
    { PUBLISH_DEADLINE_MS: '16000' },
    /^PUBLISH_DEADLINE_MS "16000": must be a whole number from 500 to 15000/,
  ],
])('When %s, then the ingress does not start and says what fits', (_when, more, problem) => {
  expect(problemsOf(more)).toEqual([expect.stringMatching(problem)]);
});

test('When there is no spool, then its limit does not matter', () => {
  expect(problemsOf({ SPOOL_DIRECTORY: '', SPOOL_MAX_BYTES: '1048576' })).toEqual([]);
});

test('When several settings do not fit each other, then all are told at once', () => {
  expect(problemsOf({ PUBLISH_QUEUE_BYTES: '65536', SPOOL_MAX_BYTES: '1048576' })).toHaveLength(2);
});
