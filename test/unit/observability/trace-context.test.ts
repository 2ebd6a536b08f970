import { describe, expect, test } from '@jest/globals';
import { readTraceContext } from '../../../services/shared/observability/trace-context.ts';

const traceId = '0123456789abcdef0123456789abcdef';
const parentId = '0123456789abcdef';
const traceparent = `00-${traceId}-${parentId}-01`;
const read = (text: string | null) => readTraceContext({ traceparent: text, tracestate: null });
const trace = (flags: number) => ({ traceId, parentId, flags, tracestate: null });

describe('When a traceparent', () => {
  test.each([
    ['is of version 00', traceparent, trace(1)],
    ['is not sampled', `00-${traceId}-${parentId}-00`, trace(0)],
    ['has a random id', `00-${traceId}-${parentId}-02`, trace(2)],
    ['has flags nobody knows', `00-${traceId}-${parentId}-ff`, trace(3)],
    ['is of a later version', `cc-${traceId}-${parentId}-01`, trace(1)],
    ['is of a later version with more fields', `cc-${traceId}-${parentId}-01-what-the.future`, trace(1)],
    ['is of a later version and ends in a dash', `01-${traceId}-${parentId}-01-`, trace(1)],
  ])('%s, then its trace goes on', (_how, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test.each([
    ['is absent', null],
    ['is empty', ''],
    ['has a trace id of zeros', `00-${'0'.repeat(32)}-${parentId}-01`],
    ['has a parent id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['is of version ff', `ff-${traceId}-${parentId}-01`],
    ['has upper-case digits in its trace id', `00-${traceId.toUpperCase()}-${parentId}-01`],
    ['has upper-case digits in its parent id', `00-${traceId}-${parentId.toUpperCase()}-01`],
    ['has upper-case flags', `00-${traceId}-${parentId}-0A`],
    ['is of version 00 with a field more', `${traceparent}-01`],
    ['is of version 00 and ends in a dash', `${traceparent}-`],
    ['is of version 00 and ends in a line break', `${traceparent}\n`],
    ['is of a later version whose flags are longer', `01-${traceId}-${parentId}-011`],
    ['is of a later version with something else behind', `01-${traceId}-${parentId}-01.x`],
    ['has a short trace id', `00-${traceId.slice(1)}-${parentId}-01`],
    ['was sent twice', `${traceparent}, ${traceparent}`],
    ['is something else', 'PAYLOAD-MARKER'],
  ])('%s, then it is none', (_how, text) => {
    expect(read(text)).toBeNull();
  });
});

describe('When a tracestate', () => {
  const state = (tracestate: string | null) => readTraceContext({ traceparent, tracestate })?.tracestate;
  const long = `a=${'v'.repeat(254)},b=${'v'.repeat(253)}`;

  test.each([
    ['vendor=1', 'vendor=1'],
    ['vendor=1, other=2 ,\tthird=3', 'vendor=1,other=2,third=3'],
    ['a=1,,b=2,', 'a=1,b=2'],
    ['tenant@vendor=t61rcWkgMzE', 'tenant@vendor=t61rcWkgMzE'],
    ['0digit/*-_@=a b!~"', '0digit/*-_@=a b!~"'],
    [long, long],
    [
      Array.from({ length: 32 }, (_, index) => `k${index}=v`).join(),
      Array.from({ length: 32 }, (_, index) => `k${index}=v`).join(),
    ],
  ])('is %s, then it is kept without white space and empty members', (text, kept) => {
    expect(state(text)).toBe(kept);
  });

  test.each([
    ['', 'is empty'],
    [' , ,', 'has only empty members'],
    ['vendor', 'has a member without value'],
    ['vendor=', 'has an empty value'],
    ['Vendor=1', 'has an upper-case key'],
    ['vendor=1=2', 'has an equals sign in a value'],
    ['vendor=ü', 'is not ASCII'],
    ['vendor=\x01', 'has a control character'],
    ['ok=1,Not=1', 'is malformed in one member'],
    [`${'k'.repeat(257)}=1`, 'has a long key'],
    [`k=${'v'.repeat(257)}`, 'has a long value'],
    [`${long}v`, 'is longer than 512 characters'],
    [Array.from({ length: 33 }, (_, index) => `k${index}=v`).join(), 'has more than 32 members'],
  ])('is %s (it %s), then it is dropped whole, and the trace goes on', (text) => {
    expect(state(text)).toBeNull();
  });

  test('comes with a traceparent that is none, then it says nothing', () => {
    expect(readTraceContext({ traceparent: null, tracestate: 'vendor=1' })).toBeNull();
    expect(readTraceContext({ traceparent: `ff-${traceId}-${parentId}-01`, tracestate: 'vendor=1' })).toBeNull();
  });
});
