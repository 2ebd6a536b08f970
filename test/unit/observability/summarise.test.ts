import { beforeEach, expect, test } from '@jest/globals';
import type { LogFields } from '../../../services/shared/observability/logger.ts';
import { createSummary, type Summary, summaryOf } from '../../../services/shared/observability/summarise.ts';
import { createTimers, type Timers } from '../../support/timers.ts';

type Line = readonly [level: string, event: string, fields: LogFields];

let lines: Line[];
let timers: Timers;
let summary: Summary;

beforeEach(() => {
  lines = [];
  timers = createTimers();
  summary = createSummary(
    {
      warn: (event, fields = {}) => lines.push(['warn', event, fields]),
      error: (event, fields = {}) => lines.push(['error', event, fields]),
    },
    timers.later,
  );
});

test('When something happens once, then it is one line, at once, and no summary follows', () => {
  summary.warn('lane-renewed', '', { reason: 'failure' });
  expect(lines).toEqual([['warn', 'lane-renewed', { reason: 'failure' }]]);
  timers.pass(600_000);
  expect(lines).toHaveLength(1);
  expect(timers.waiting()).toBe(0);
});

test('When the same thing happens a thousand times, then the first is told at once and the rest in one line a minute', () => {
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    summary.warn('lane-renewed', '', { attempt });
    timers.pass(100);
  }
  timers.pass(60_000);
  expect(lines).toEqual([
    ['warn', 'lane-renewed', { attempt: 0 }],
    ['warn', 'lane-renewed', { attempt: 599, count: 599 }],
    ['warn', 'lane-renewed', { attempt: 999, count: 400 }],
  ]);
});

test('When it happens again after a quiet minute, then it is told at once', () => {
  summary.error('internal-error', '');
  timers.pass(60_000);
  summary.error('internal-error', '');
  expect(lines.map(([, , { count }]) => count)).toEqual([undefined, undefined]);
});

test('When events, kinds and levels differ, then none is hidden behind another', () => {
  summary.warn('lane-renewed', 'a');
  summary.warn('lane-renewed', 'b');
  summary.warn('spool-write-failed', 'a');
  summary.error('lane-renewed', 'a');
  expect(lines).toHaveLength(4);
});

test('When an event has ever new kinds, then those beyond the limit share a line, and memory does not grow', () => {
  for (let index = 0; index < 10_000; index += 1)
    summary.warn('kafka-client-said', `kind ${index}`, { attempt: index });
  expect(lines).toHaveLength(6);
  expect(timers.waiting()).toBe(6);
  timers.pass(60_000);
  expect(lines).toHaveLength(7);
  expect(lines.at(-1)).toEqual(['warn', 'kafka-client-said', { attempt: 9_999, count: 9_994 }]);
});

test('When the service ends, then what was counted is still told, once, and no timer is left', () => {
  summary.warn('spool-write-failed', '', { attempt: 1 });
  summary.warn('spool-write-failed', '', { attempt: 2 });
  summary.warn('other', '');
  summary.close();
  expect(lines.slice(2)).toEqual([['warn', 'spool-write-failed', { attempt: 2, count: 1 }]]);
  expect(timers.waiting()).toBe(0);
  summary.close();
  expect(lines).toHaveLength(3);
  summary.warn('other', '');
  expect(lines).toHaveLength(4);
});

test('When several clients log to one logger, then they share its summary; another logger has its own', () => {
  const nothing = () => undefined;
  const logger = () => ({ debug: nothing, info: nothing, warn: nothing, error: nothing, fatal: nothing });
  const [one, other] = [logger(), logger()];
  expect(summaryOf(one)).toBe(summaryOf(one));
  expect(summaryOf(one)).not.toBe(summaryOf(other));
});
