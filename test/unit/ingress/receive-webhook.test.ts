import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Encoders } from '../../../services/ingress/domain/event-message.ts';
import { createReceiveWebhook } from '../../../services/ingress/receive-webhook.ts';
import { createWriter } from '../../../services/shared/avro/writer.ts';
import type { CallLog, Voicemail } from '../../../services/shared/call-events/avro-types.generated.ts';
import type { OutgoingRecord } from '../../../services/shared/kafka/publisher/outgoing-record.ts';
import { errorFields } from '../../../services/shared/observability/logger.ts';
import { startTrace } from '../../../services/shared/observability/tracing.ts';
import { localRegistry } from '../../support/local-registry.ts';
import { callWebhook } from '../../support/webhooks.ts';

const published: OutgoingRecord[] = [];
const errors: unknown[] = [];
beforeEach(() => {
  published.length = 0;
  errors.length = 0;
});

const encoder = { schemaId: 1, encode: () => Buffer.from('avro') };
const working: Encoders = { callLog: encoder, voicemail: encoder, schemaUri: String };

function receiveWith(encoders: Encoders | null, body: Buffer) {
  const receive = createReceiveWebhook(
    () => encoders,
    (message) => ({ ...message, partition: 0 }),
    async (record) => {
      published.push(record);
      return 'durable';
    },
    (error) => errors.push(error),
  );
  const trace = startTrace('receive webhook', 'server', { traceparent: null, tracestate: null });
  return receive({ body, contentType: 'application/json', atMs: 0 }, trace);
}

const failing = (fail: () => never): Encoders => ({ ...working, callLog: { ...encoder, encode: fail } });
const notEncodable = { kind: 'unrecognised', reason: 'not-encodable', published: 'durable' };
const body = Buffer.from(callWebhook('MARKER-id', 'MARKER-uid'));

describe('When an event cannot be encoded', () => {
  test.each([
    [
      'an exception that quotes the payload',
      () => {
        throw new TypeError(`invalid "string": ${body}\n    at MARKER (MARKER:1:1)`);
      },
    ],
    [
      'the stack overflowing',
      () => {
        throw new RangeError('Maximum call stack size exceeded');
      },
    ],
    [
      'something thrown that is no error',
      () => {
        throw 'MARKER';
      },
    ],
  ])(
    '(%s), then its body is kept byte for byte, and the error that is told holds nothing of it',
    async (_what, fail) => {
      expect(await receiveWith(failing(fail), body)).toEqual(notEncodable);
      expect(published).toEqual([
        expect.objectContaining({
          topic: 'unrecognisedWebhooks',
          key: null,
          value: body,
          headers: expect.objectContaining({
            reason: 'not-encodable',
            pointer: '',
            'content-type': 'application/json',
          }),
        }),
      ]);
      expect(errors).toHaveLength(1);
      const [error] = errors;
      expect(error).toBeInstanceOf(Error);
      expect(errorFields(error).problem).toMatch(/^Could not encode a webhook: \w+/);
      expect([
        JSON.stringify(errorFields(error)),
        String(error),
        error instanceof Error ? error.stack : '',
      ]).not.toEqual(expect.arrayContaining([expect.stringContaining('MARKER')]));
    },
  );

  test('by Avro, whose messages quote the value, then the error tells where it failed', async () => {
    const writer = await createWriter<CallLog>(localRegistry(), 'vxt.call-logs', 'call-log');
    const encode = (record: CallLog) => writer.encode({ ...record, url: 17 as unknown as string });
    expect(await receiveWith({ ...working, callLog: { schemaId: 1, encode } }, body)).toEqual(notEncodable);
    expect(errorFields(errors[0]).problem).toMatch(/^Could not encode a webhook: Error at .*types\.js:\d+:\d+\)/);
    expect(errorFields(errors[0]).problem).not.toContain('17 ');
  });
});

test('When a body is deep, then it is kept and nothing of ours throws: with the encoders, and before their ids are known', async () => {
  const voicemail = await createWriter<Voicemail>(localRegistry(), 'vxt.voicemails', 'voicemail');
  const callLog = await createWriter<CallLog>(localRegistry(), 'vxt.call-logs', 'call-log');
  const deep = Buffer.from(callWebhook('c-1').replace(/}$/, `,"deep":${'['.repeat(20_000)}${']'.repeat(20_000)}}`));
  for (const encoders of [{ callLog, voicemail, schemaUri: String }, null]) {
    expect(await receiveWith(encoders, deep)).toEqual({ ...notEncodable, reason: 'too-deep' });
    expect(published.pop()?.value).toEqual(deep);
  }
  expect(errors).toEqual([]);
});

test('When recognising fails, which no body should make it do, then the body is kept as well', async () => {
  const broken = Buffer.from(callWebhook('c-1'));
  broken.toString = () => {
    throw new Error('MARKER');
  };
  expect(await receiveWith(working, broken)).toEqual(notEncodable);
  expect(published[0]?.value).toBe(broken);
  expect(errorFields(errors[0]).problem).toMatch(/^Could not recognise a webhook: Error at /);
});

test('When the schema ids are not known yet, then an event is unavailable; a body kept as it came needs none', async () => {
  expect(await receiveWith(null, body)).toEqual({ kind: 'callLog', reason: null, published: 'unavailable' });
  expect(published).toEqual([]);
  expect(await receiveWith(null, Buffer.from('{"event":"sms"}'))).toEqual({
    kind: 'unrecognised',
    reason: 'unknown-event',
    published: 'durable',
  });
  expect(await receiveWith(null, Buffer.from('{'))).toEqual({ kind: 'not-json' });
  expect(published).toHaveLength(1);
  expect(errors).toEqual([]);
});
