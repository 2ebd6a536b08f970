import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Encoders, eventMessage, type Received } from '../../../services/ingress/domain/event-message.ts';
import { unrecognised } from '../../../services/ingress/domain/recognise.ts';
import { recogniseBody } from '../../../services/ingress/recognise-body.ts';
import { MAX_MS } from '../../../services/shared/call-events/webhook-payload.ts';
import { callWebhook } from '../../support/webhooks.ts';

const encoder = { schemaId: 7, encode: () => Buffer.from('avro') };
const encoders: Encoders = { callLog: encoder, voicemail: encoder, schemaUri: (id) => `schema:${id}` };
const received: Received = {
  body: Buffer.from('body'),
  contentType: 'application/json',
  atMs: Date.parse('2026-11-22T01:02:03.004Z'),
  traceparent: '00-0123456789abcdef0123456789abcdef-0123456789abcdef-00',
  tracestate: null,
};
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const control = /\p{Cc}/u;

function headersOf(body: string, more: Partial<Received> = {}): Readonly<Record<string, string>> {
  const recognition = recogniseBody(Buffer.from(body));
  if (recognition.kind === 'not-json') throw new Error('Not JSON');
  return eventMessage(recognition, { ...received, ...more }, encoders).headers;
}

const startingAt = (ms: number): string => callWebhook('c-1').replace('1763700000000', String(ms));

describe('ce_time', () => {
  test.each([
    ['0000-01-01T00:00:00.000Z', 0],
    ['9999-12-31T23:59:59.999Z', 0],
    ['2025-11-21T04:40:00.000Z', 0],
    ['0000-01-01T00:00:00.000Z', -1],
    ['9999-12-31T23:59:59.999Z', 1],
  ])('When a call starts at %s %i ms, then it is that, or absent where RFC 3339 has no such year', (time, later) => {
    const headers = headersOf(startingAt(Date.parse(time) + later));
    expect(headers.ce_time).toBe(later === 0 ? time : undefined);
    expect('ce_time' in headers).toBe(later === 0);
  });

  test('When a call starts at any time that the contract allows, then nothing throws', () => {
    const property = fc.property(fc.integer({ min: -MAX_MS, max: MAX_MS }), (ms) => {
      expect(headersOf(startingAt(ms)).ce_time ?? '0000-01-01T00:00:00.000Z').toMatch(rfc3339);
    });
    fc.assert(property, { examples: [[MAX_MS], [-MAX_MS]] });
  });

  test('When a call’s result has no time, then it is the time of receiving', () => {
    const body = callWebhook('c-1').replace('"missed","startTimestamp":1763700000000', '"parked"');
    expect(headersOf(body).ce_time).toBe('2026-11-22T01:02:03.004Z');
    expect('ce_time' in headersOf(body, { atMs: Number.NaN })).toBe(false);
  });
});

describe('ce_id', () => {
  test.each([
    ['c-1', 'callLog/c-1'],
    ['a/b ü😀', 'callLog/a/b ü😀'],
    ['a\nb\0', 'callLog/a%0Ab%00'],
    ['\x7f\x80\x9f', 'callLog/%7F%C2%80%C2%9F'],
    ['100%', 'callLog/100%25'],
    ['%0A', 'callLog/%250A'],
    ['\ud83d', 'callLog/\ufffd'],
  ])('When the id is %j, then it is %s', (id, expected) => {
    expect(headersOf(callWebhook(id)).ce_id).toBe(expected);
  });

  test('When an id is any text, then it has no control character and names that id only', () => {
    const property = fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (id) => {
      const header = headersOf(callWebhook(id)).ce_id ?? '';
      expect(header).not.toMatch(control);
      expect(decodeURIComponent(header)).toBe(`callLog/${id}`);
    });
    fc.assert(property);
  });
});

describe('The record of a body that is kept', () => {
  const kept = (more: Partial<Received>) =>
    eventMessage(unrecognised('too-deep', ''), { ...received, ...more }, encoders).headers;

  test('When its Content-Type holds control characters or half a character, then its header does not', () => {
    expect(kept({ contentType: 'application/json;\tcharset=utf-8' })['content-type']).toBe(
      'application/json; charset=utf-8',
    );
    expect(kept({ contentType: 'a\x00b\x85c\ud800' })['content-type']).toBe('a b c\ufffd');
    expect('content-type' in kept({ contentType: null })).toBe(false);
  });

  test('When the time of receiving is none, then its header is absent', () => {
    expect(kept({})['received-at']).toBe('2026-11-22T01:02:03.004Z');
    expect('received-at' in kept({ atMs: Number.MAX_SAFE_INTEGER })).toBe(false);
  });
});

test('When a webhook has a tracestate, then events and kept bodies have it; without one the header is absent', () => {
  const tracestate = 'vendor=1,other=2';
  for (const body of [callWebhook('c-1'), '{"event":"sms"}']) {
    expect(headersOf(body, { tracestate })).toMatchObject({ traceparent: received.traceparent, tracestate });
    expect('tracestate' in headersOf(body)).toBe(false);
  }
});
