import { describe, expect, test } from '@jest/globals';
import { MAX_LEVELS } from '../../../services/ingress/domain/recognise.ts';
import { recogniseBody } from '../../../services/ingress/recognise-body.ts';
import { callLogRecord } from '../../../services/shared/call-events/to-record.ts';
import { MAX_IDENTIFIER_UNITS } from '../../../services/shared/call-events/webhook-payload.ts';
import { callWebhook } from '../../support/webhooks.ts';

const recogniseText = (text: string) => recogniseBody(Buffer.from(text));
const notJson = { kind: 'not-json' };
const unrecognised = (reason: string, pointer: string) => ({ kind: 'unrecognised', reason, pointer });

const call = (change: Readonly<Record<string, unknown>>): string => {
  const { event, callLog } = JSON.parse(callWebhook('c-1'));
  return JSON.stringify({ event, callLog: { ...callLog, ...change } });
};
const voicemail = (change: Readonly<Record<string, unknown>>): string => {
  const known = { version: 3, id: 'v-1', url: 'u', timestamp: 1, duration: 1, transcription: null, user: null };
  return JSON.stringify({
    event: 'voicemail',
    voicemail: { ...known, phoneNumberE164: null, callerId: { type: 'unknown' }, ...change },
  });
};
const user = (uid: string) => ({ type: 'user', uid, email: 'e' });
const number = (phoneNumberE164: string) => ({ type: 'phoneNumber', phoneNumberE164 });

describe('When an identifier', () => {
  const long = 'i'.repeat(MAX_IDENTIFIER_UNITS + 1);
  test.each<[string, (identifier: string) => string]>([
    ['/callLog/id', (id) => call({ id })],
    ['/callLog/phoneNumberE164', (phoneNumberE164) => call({ phoneNumberE164 })],
    ['/callLog/user/uid', (uid) => call({ user: user(uid) })],
    ['/callLog/otherParties/1/uid', (uid) => call({ otherParties: [{ type: 'unknown' }, user(uid)] })],
    ['/callLog/otherParties/0/phoneNumberE164', (e164) => call({ otherParties: [number(e164)] })],
    ['/voicemail/id', (id) => voicemail({ id })],
    ['/voicemail/phoneNumberE164', (phoneNumberE164) => voicemail({ phoneNumberE164 })],
    ['/voicemail/user/uid', (uid) => voicemail({ user: user(uid) })],
    ['/voicemail/callerId/uid', (uid) => voicemail({ callerId: user(uid) })],
    ['/voicemail/callerId/phoneNumberE164', (e164) => voicemail({ callerId: number(e164) })],
  ])(
    'at %s has more than 256 UTF-16 units, then the body is kept with that pointer; with 256 it is an event',
    (pointer, body) => {
      expect(recogniseText(body(long))).toEqual(unrecognised('contract-violation', pointer));
      expect(recogniseText(body(long.slice(1))).kind).not.toBe('unrecognised');
      expect(recogniseText(body('😀'.repeat(MAX_IDENTIFIER_UNITS / 2))).kind).not.toBe('unrecognised');
    },
  );
});

describe('When a body', () => {
  const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  /** Levels of the call are two without it. */
  const callOf = (levels: number): string => callWebhook('c-1').replace(/}}$/, `,"added":${nested(levels - 2)}}}`);

  test('of a known event has 100 levels, then it is an event; with one more it is kept, as too deep', () => {
    expect(recogniseText(callOf(MAX_LEVELS)).kind).toBe('callLog');
    expect(recogniseText(callOf(MAX_LEVELS + 1))).toEqual(unrecognised('too-deep', ''));
    expect(recogniseText(callOf(500_000))).toEqual(unrecognised('too-deep', ''));
  });

  test('of a known event is deep beside its payload or breaks the contract as well, then it is too deep', () => {
    expect(recogniseText(callWebhook('c-1').replace(/}$/, `,"x":${nested(MAX_LEVELS)}}`))).toEqual(
      unrecognised('too-deep', ''),
    );
    expect(recogniseText(`{"event":"voicemail","voicemail":${nested(MAX_LEVELS)}}`)).toEqual(
      unrecognised('too-deep', ''),
    );
  });

  test('has brackets in its strings, then they are no levels', () => {
    expect(recogniseText(callWebhook('['.repeat(200)).replace('app.example', '\\"['.repeat(200))).kind).toBe('callLog');
  });

  const size = 3 * 2 ** 20;
  test.each<[string, string, ReturnType<typeof unrecognised> | typeof notJson]>([
    ['3 MiB of [', '['.repeat(size), notJson],
    ['3 MiB of {"a":', '{"a":'.repeat(size / 5), notJson],
    ['3 MiB of nested arrays', nested(size / 2), unrecognised('not-an-object', '')],
    [
      '3 MiB of nested objects',
      `${'{"a":'.repeat(size / 6)}1${'}'.repeat(size / 6)}`,
      unrecognised('unknown-event', '/event'),
    ],
    ['a deep event', `{"event":${nested(size / 2)}}`, unrecognised('unknown-event', '/event')],
    [
      'a deep body of an unknown event',
      `{"event":"sms","sms":${nested(size / 2)}}`,
      unrecognised('unknown-event', '/event'),
    ],
    ['a deep known event without end', callOf(size / 2).slice(0, -1), notJson],
  ])('is %s, then it is told as what it is', (_name, body, expected) => {
    expect(recogniseText(body)).toEqual(expected);
  });

  test('begins with a byte order mark, then that is passed over; in another encoding than UTF-8 it is not JSON', () => {
    expect(recogniseText(`\ufeff${callWebhook('c-1')}`).kind).toBe('callLog');
    expect(recogniseBody(Buffer.from(callWebhook('c-1'), 'utf16le'))).toEqual(notJson);
    expect(recogniseBody(Buffer.from([0x22, 0xff, 0x22]))).toEqual(notJson);
    expect(recogniseText('')).toEqual(notJson);
  });
});

describe('When a time of the contract is', () => {
  const startOf = (start: string) => {
    const recognition = recogniseText(callWebhook('c-1').replace('1763700000000', start));
    if (recognition.kind !== 'callLog') return recognition;
    const { result, extraJson } = callLogRecord(recognition.webhook);
    return 'vxt.events.MissedCall' in result ? [result['vxt.events.MissedCall'], extraJson] : result;
  };
  test.each([
    ['1795601660550.123456789', 1_795_601_660_550, '{"startTimestamp":1795601660550.123456789}'],
    ['1795601660550.99999999999999999999', 1_795_601_660_551, '{"startTimestamp":1795601660550.99999999999999999999}'],
    ['-0', 0, '{"startTimestamp":-0}'],
    ['1e-400', 0, '{"startTimestamp":1e-400}'],
    ['-1.00000000000000000001', -1, '{"startTimestamp":-1.00000000000000000001}'],
  ])('%s, then the call counts at %i, and the digits are kept', (start, startTimestamp, string) => {
    expect(startOf(start)).toEqual([{ startTimestamp, extraJson: { string } }, null]);
  });

  test('1.0e3 or written in another way for a double, then it is that number', () => {
    expect(startOf('1.0e3')).toEqual([{ startTimestamp: 1000, extraJson: null }, null]);
    expect(startOf('1763700000000.000')).toEqual([{ startTimestamp: 1_763_700_000_000, extraJson: null }, null]);
  });

  test.each(['1e400', '-1e400', '1e300', `1${'0'.repeat(400)}`])(
    '%s, then the body is kept with its pointer',
    (start) => {
      expect(startOf(start)).toEqual(unrecognised('contract-violation', '/callLog/result/startTimestamp'));
    },
  );

  test('in a result of a future type, then it counts by the same rule', () => {
    const future = (start: string) => {
      const body = callWebhook('c-1').replace('"missed"', '"parked"').replace('1763700000000', start);
      const recognition = recogniseText(body);
      return recognition.kind === 'callLog' ? callLogRecord(recognition.webhook).result : recognition;
    };
    const result = (startTimestamp: number | null, start: string) => ({
      'vxt.events.UnrecognisedResult': {
        type: 'parked',
        startTimestamp: startTimestamp === null ? null : { long: startTimestamp },
        json: `{"type":"parked","startTimestamp":${start}}`,
      },
    });
    expect(future('1795601660550.123456789')).toEqual(result(1_795_601_660_550, '1795601660550.123456789'));
    expect(future('1.5')).toEqual(result(1, '1.5'));
    expect(future('1e400')).toEqual(result(null, '1e400'));
    expect(future('"noon"')).toEqual(result(null, '"noon"'));
  });

  test('beside a version written as 3.0, then it is version 3; a version of 4 is unknown', () => {
    const version = (text: string) => recogniseText(callWebhook('c-1').replace('"version":3', `"version":${text}`));
    expect(version('3.0').kind).toBe('callLog');
    expect(version('3.00000000000000000000001').kind).toBe('callLog');
    expect(version('4')).toEqual(unrecognised('unknown-version', '/callLog/version'));
    expect(version('3.1')).toEqual(unrecognised('unknown-version', '/callLog/version'));
  });
});
