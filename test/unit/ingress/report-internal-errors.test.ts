import { beforeEach, expect, test } from '@jest/globals';
import { InternalError } from '../../../services/ingress/internal-error.ts';
import { type OnInternalError, reportInternalErrors } from '../../../services/ingress/report-internal-errors.ts';
import type { LogFields } from '../../../services/shared/observability/logger.ts';

let lines: (readonly [event: string, fields: LogFields])[];
let counted: number;
let report: OnInternalError;

beforeEach(() => {
  lines = [];
  counted = 0;
  const ignored = () => undefined;
  const error = (event: string, fields: LogFields = {}) => void lines.push([event, fields]);
  report = reportInternalErrors({ debug: ignored, info: ignored, warn: ignored, fatal: ignored, error }, () => {
    counted += 1;
  });
});

test('When our own code throws, then the log says what and where, and nothing of what was handled', () => {
  report(new RangeError('PAYLOAD-MARKER\n    at PAYLOAD-MARKER (of the payload)'));
  expect(lines).toEqual([
    [
      'internal-error',
      { errorType: 'RangeError', problem: expect.stringMatching(/^at .*report-internal-errors\.test\.ts/) },
    ],
  ]);
  expect(JSON.stringify(lines)).not.toContain('MARKER');
  expect(counted).toBe(1);
});

test.each([
  ['a string', 'PAYLOAD-MARKER'],
  ['nothing', undefined],
  ['an error without a stack', Object.assign(new Error('PAYLOAD-MARKER'), { stack: undefined })],
])('When %s is thrown, then that is an internal error all the same', (_what, thrown) => {
  report(thrown);
  expect(lines).toHaveLength(1);
  expect(JSON.stringify(lines)).not.toContain('MARKER');
  expect(counted).toBe(1);
});

test('When a webhook cannot be encoded, then the log says what that error says of itself', () => {
  const error = new InternalError('encode', new TypeError('PAYLOAD-MARKER'));
  report(error);
  expect(lines[0]?.[1]).toMatchObject({ errorType: 'InternalError', problem: error.message });
  expect(JSON.stringify(lines)).not.toContain('MARKER');
});

test('When the same place fails a thousand times, then each is counted, and the log is not flooded', () => {
  for (let index = 0; index < 1_000; index += 1) report(new Error('PAYLOAD-MARKER'));
  expect(counted).toBe(1_000);
  expect(lines).toHaveLength(1);
});
