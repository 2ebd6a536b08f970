import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { recogniseBody } from '../../../services/ingress/recognise-body.ts';
import { createReader, type Decoded, type Reader } from '../../../services/shared/avro/reader.ts';
import { toWireFormat } from '../../../services/shared/avro/wire-format.ts';
import { createWriter, type Writer } from '../../../services/shared/avro/writer.ts';
import type { CallLog, Voicemail } from '../../../services/shared/call-events/avro-types.generated.ts';
import { callLogWebhook, voicemailWebhook } from '../../../services/shared/call-events/from-record.ts';
import { parseJson } from '../../../services/shared/call-events/parse-json.ts';
import { callLogRecord, voicemailRecord } from '../../../services/shared/call-events/to-record.ts';
import { exactText } from '../../support/decimal.ts';
import { localRegistry } from '../../support/local-registry.ts';
import {
  callLogWebhooks,
  callLogWebhooksDigitForDigit,
  voicemailWebhooks,
  voicemailWebhooksDigitForDigit,
} from '../../support/payload-arbitraries.ts';

const runs = { numRuns: 5_000 };
const runsDigitForDigit = { numRuns: 1_000 };

let calls: { writer: Writer<CallLog>; reader: Reader<CallLog> };
let voicemails: { writer: Writer<Voicemail>; reader: Reader<Voicemail> };

beforeAll(async () => {
  const registry = localRegistry();
  calls = {
    writer: await createWriter<CallLog>(registry, 'vxt.call-logs', 'call-log'),
    reader: createReader<CallLog>(registry, 'call-log'),
  };
  voicemails = {
    writer: await createWriter<Voicemail>(registry, 'vxt.voicemails', 'voicemail'),
    reader: createReader<Voicemail>(registry, 'voicemail'),
  };
  const schemaIdOnly = (id: number): Buffer => toWireFormat(id, Buffer.alloc(0));
  await calls.reader.learn([schemaIdOnly(calls.writer.schemaId)]);
  await voicemails.reader.learn([schemaIdOnly(voicemails.writer.schemaId)]);
});

/** The body through everything that happens to it: bytes → JSON → event → Avro bytes → event → JSON. */
function throughAvro(body: string): unknown {
  const recognised = recogniseBody(Buffer.from(body));
  switch (recognised.kind) {
    case 'callLog':
      return callLogWebhook(value(calls.reader.decode(calls.writer.encode(callLogRecord(recognised.webhook)))));
    case 'voicemail':
      return voicemailWebhook(
        value(voicemails.reader.decode(voicemails.writer.encode(voicemailRecord(recognised.webhook)))),
      );
    case 'unrecognised':
      throw new Error(`${recognised.reason} at ${recognised.pointer}`);
    case 'not-json':
      throw new Error('Not JSON');
  }
}

function value<T>(decoded: Decoded<T>): T {
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value;
}

describe('decode(encode(payload)) is the same JSON value', () => {
  test('for every call log the contract allows, with anything added at any level', () => {
    fc.assert(
      fc.property(callLogWebhooks, (webhook) => {
        const body = JSON.stringify(webhook);
        expect(throughAvro(body)).toEqual(JSON.parse(body));
      }),
      runs,
    );
  });

  test('for every voicemail the contract allows, with anything added at any level', () => {
    fc.assert(
      fc.property(voicemailWebhooks, (webhook) => {
        const body = JSON.stringify(webhook);
        expect(throughAvro(body)).toEqual(JSON.parse(body));
      }),
      runs,
    );
  });

  test.each([
    ['call log', callLogWebhooksDigitForDigit],
    ['voicemail', voicemailWebhooksDigitForDigit],
  ])('for every %s, digit for digit, however its numbers are written', (_kind, webhooks) => {
    fc.assert(
      fc.property(webhooks, (webhook) => {
        const body = JSON.stringify(webhook);
        const decoded = throughAvro(body);
        expect(exactText(decoded)).toBe(exactText(webhook));
        expect(JSON.parse(JSON.stringify(decoded))).toEqual(JSON.parse(body));
      }),
      runsDigitForDigit,
    );
  });

  test.each([
    ['a whole number beyond 2^53', '"n":12345678901234567890'],
    ['a number beyond any double', '"n":1e400'],
    ['a number with more digits than a double has', '"n":0.12345678901234567890123'],
    ['minus zero', '"n":-0'],
    ['numbers deep inside', '"n":{"a":[1,{"b":98765432109876543210}]}'],
    ['a fraction of a millisecond', '"n":1.5', '"duration":1234.5'],
    ['a duration no double holds', '"n":1', '"duration":1.00000000000000000001'],
    ['a duration of minus zero', '"n":1', '"duration":-0'],
    ['a duration with an exponent', '"n":1', '"duration":1.0e3'],
    ['a member named __proto__', '"__proto__":{"polluted":true}'],
  ])('%s stays digit for digit', (_name, extra, duration = '"duration":1') => {
    const body = `{"event":"voicemail","voicemail":${voicemail(`,${extra}`).replace('"duration":1', duration)},${extra}}`;
    expect(sortedText(throughAvro(body))).toBe(sortedText(parseJson(body)));
  });
});

const voicemail = (more = ''): string =>
  `{"version":3,"id":"v1","url":"u","timestamp":1763700000000,"duration":1,"transcription":null,"user":null,"phoneNumberE164":null,"callerId":{"type":"unknown"}${more}}`;

/** JSON text with the members of every object in order, numbers as they stand. */
function sortedText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedText).join()}]`;
  if (typeof value !== 'object' || value === null || isRaw(value)) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${sortedText(member)}`).join()}}`;
}

const isRaw = (value: object): boolean => 'rawJSON' in value && Object.isFrozen(value);
