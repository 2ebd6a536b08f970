import { beforeEach, expect, test } from '@jest/globals';
import {
  createRefusedTokensLog,
  LINES,
  type RefusedTokensLog,
} from '../../../../services/ingress/http/refused-tokens-log.ts';
import type { LogFields } from '../../../../services/shared/observability/logger.ts';
import { createTimers, type Timers } from '../../../support/timers.ts';

const MINUTE = 60_000;

let lines: LogFields[];
let events: Set<string>;
let timers: Timers;
let log: RefusedTokensLog;

beforeEach(() => {
  lines = [];
  events = new Set();
  timers = createTimers();
  const warn = (event: string, fields: LogFields = {}): void => {
    events.add(event);
    lines.push(fields);
  };
  log = createRefusedTokensLog({ warn }, timers.later);
});

test('When an address fails once, then that is one line, at once, and no more', () => {
  log.refused('192.0.2.7');
  expect(lines).toEqual([{ address: '192.0.2.7', count: 1 }]);
  expect([...events]).toEqual(['tokens-refused']);
  timers.pass(10 * MINUTE);
  expect(lines).toHaveLength(1);
  expect(timers.waiting()).toBe(0);
});

test('When an address fails a thousand times a minute, then it has one line a minute', () => {
  for (let minute = 0; minute < 3; minute += 1) {
    for (let failure = 0; failure < 1_000; failure += 1) log.refused('a');
    timers.pass(MINUTE);
  }
  expect(lines).toEqual([1, 999, 1_000, 1_000].map((count) => ({ address: 'a', count })));
});

test('When an address fails again after a quiet minute, then that is told at once', () => {
  log.refused('a');
  timers.pass(2 * MINUTE);
  log.refused('a');
  expect(lines).toHaveLength(2);
});

test('When 50,000 addresses fail, then the worst have a line each, all others one together, and memory is bounded', () => {
  for (let address = 0; address < 50_000; address += 1) log.refused(`address ${address}`);
  for (let failure = 0; failure < 7; failure += 1) log.refused('address 40');
  expect(lines).toHaveLength(LINES);
  timers.pass(MINUTE);
  const summary = lines.slice(LINES);
  expect(summary).toHaveLength(LINES + 1);
  expect(summary[0]).toEqual({ address: 'address 40', count: 8 });
  expect(summary.at(-1)?.address).toBe('others');
  const told = lines.reduce((sum, { count }) => sum + Number(count), 0);
  expect(told).toBe(50_007);
});

test('When the service ends, then what was counted is still told, once, and no timer is left', () => {
  for (let failure = 0; failure < 3; failure += 1) log.refused('a');
  log.close();
  expect(lines.at(-1)).toEqual({ address: 'a', count: 2 });
  expect(timers.waiting()).toBe(0);
  log.close();
  expect(lines).toHaveLength(2);
});
