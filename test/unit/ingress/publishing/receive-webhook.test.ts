import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Encoders } from '../../../../services/ingress/domain/event-message.ts';
import { createReceiveWebhook } from '../../../../services/ingress/publishing/receive-webhook.ts';
import { createWriter } from '../../../../services/shared/avro/writer.ts';
import type { CallLog } from '../../../../services/shared/call-events/avro-types.generated.ts';
import type { OutgoingRecord } from '../../../../services/shared/kafka/publisher/outgoing-record.ts';
import { errorFields } from '../../../../services/shared/observability/logger.ts';
import { startTrace } from '../../../../services/shared/observability/tracing.ts';
import { callBody, user } from '../../../support/call-events.ts';
import { localRegistry } from '../../../support/local-registry.ts';

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
const body = Buffer.from(callBody({ id: 'MARKER-id', user: user('MARKER-uid') }));

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
      'a thrown value that is not an Error',
      () => {
        throw 'MARKER';
      },
    ],
  ])(
    '(%s), then its body is kept byte for byte, and the reported error contains nothing of it',
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

  test('by Avro, whose messages quote the value, then the error says only where it failed', async () => {
    const writer = await createWriter(localRegistry(), 'vxt.', 'callLogs');
    const encode = (record: CallLog) => writer.encode({ ...record, url: 17 as unknown as string });
    expect(await receiveWith({ ...working, callLog: { schemaId: 1, encode } }, body)).toEqual(notEncodable);
    expect(errorFields(errors[0]).problem).toMatch(/^Could not encode a webhook: Error at .*types\.js:\d+:\d+\)/);
    expect(errorFields(errors[0]).problem).not.toContain('17 ');
  });
});

test('When a body is deep, then it is kept without an internal error, both with encoders and before the schema ids are known', async () => {
  const voicemail = await createWriter(localRegistry(), 'vxt.', 'voicemails');
  const callLog = await createWriter(localRegistry(), 'vxt.', 'callLogs');
  const deep = Buffer.from(
    callBody({ id: 'c-1' }).replace(/}$/, `,"deep":${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
  );
  for (const encoders of [{ callLog, voicemail, schemaUri: String }, null]) {
    expect(await receiveWith(encoders, deep)).toEqual({ ...notEncodable, reason: 'too-deep' });
    expect(published.pop()?.value).toEqual(deep);
  }
  expect(errors).toEqual([]);
});

test('When the parser itself fails, then the body is kept as well', async () => {
  const broken = Buffer.from(callBody({ id: 'c-1' }));
  broken.toString = () => {
    throw new Error('MARKER');
  };
  expect(await receiveWith(working, broken)).toEqual(notEncodable);
  expect(published[0]?.value).toBe(broken);
  expect(errorFields(errors[0]).problem).toMatch(/^Could not recognise a webhook: Error at /);
});

test('When the schema ids are not known yet, then an event is unavailable; an unrecognised body needs none', async () => {
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
