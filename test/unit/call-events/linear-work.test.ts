import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Encoders } from '../../../services/ingress/domain/event-message.ts';
import { createReceiveWebhook } from '../../../services/ingress/receive-webhook.ts';
import { recogniseBody } from '../../../services/ingress/recognise-body.ts';
import { createWriter } from '../../../services/shared/avro/writer.ts';
import type { CallLog, Voicemail } from '../../../services/shared/call-events/avro-types.generated.ts';
import { readNumber } from '../../../services/shared/call-events/exact-number.ts';
import { extraMembers, withExtraMembers } from '../../../services/shared/call-events/extra-members.ts';
import { callLogWebhook } from '../../../services/shared/call-events/from-record.ts';
import { parseJson } from '../../../services/shared/call-events/parse-json.ts';
import { callLogRecord } from '../../../services/shared/call-events/to-record.ts';
import { createPartitionOfKey } from '../../../services/shared/kafka/publisher/partition-of-key.ts';
import { startTrace } from '../../../services/shared/observability/tracing.ts';
import { growthOf } from '../../support/growth.ts';
import { localRegistry } from '../../support/local-registry.ts';
import { worstBodies, worstNumbers, worstValues } from '../../support/worst-bodies.ts';

let encoders: Encoders;

beforeAll(async () => {
  encoders = {
    callLog: await createWriter<CallLog>(localRegistry(), 'vxt.call-logs', 'call-log'),
    voicemail: await createWriter<Voicemail>(localRegistry(), 'vxt.voicemails', 'voicemail'),
    schemaUri: String,
  };
});

const expectLinear = async (prepare: (size: number) => () => unknown): Promise<void> => {
  expect(await growthOf(prepare)).toMatchObject({ linear: true });
};

test.each(Object.entries(worstNumbers))(
  'When a number is %s, then reading it takes time in proportion',
  (_name, number) =>
    expectLinear((size) => {
      const text = number(size);
      return () => readNumber(text);
    }),
);

test.each(Object.entries(worstValues))(
  'When a JSON text is %s, then parsing it takes time in proportion',
  (_name, value) =>
    expectLinear((size) => {
      const text = value(size);
      return () => parseJson(text);
    }),
);

describe('When an object has many members', () => {
  const known = new Set(['n1']);
  const objectOf = (size: number) => JSON.parse(worstValues.names?.(size) ?? '{}');

  test('then finding those without a field takes time in proportion', () =>
    expectLinear((size) => {
      const object = objectOf(size);
      return () => extraMembers(object, known);
    }));

  test('then putting them back takes time in proportion', () =>
    expectLinear((size) => {
      const extra = extraMembers(objectOf(size), known);
      return () => withExtraMembers({}, extra);
    }));
});

test.each([
  ['of ASCII', 'k'],
  ['of other letters', 'ü😀'],
  ['of half characters', '\ud83d'],
])('When a key is a megabyte %s, then finding its partition takes time in proportion', (_what, unit) =>
  expectLinear((size) => {
    const partitionOf = createPartitionOfKey(12);
    return () => partitionOf(unit.repeat(size / unit.length));
  }),
);

describe.each(Object.entries(worstBodies))('When a body is %s', (_name, bodyOfSize) => {
  test('then the way from receiving to publishing takes time in proportion', () =>
    expectLinear((size) => {
      const body = Buffer.from(bodyOfSize(size));
      const receive = createReceiveWebhook(
        () => encoders,
        (message) => ({ ...message, partition: createPartitionOfKey(12)(message.key) }),
        async () => 'durable',
        (error) => {
          throw error;
        },
      );
      const carrier = { traceparent: null, tracestate: null };
      return () => receive({ body, contentType: null, atMs: 0 }, startTrace('receive webhook', 'server', carrier));
    }));

  test('then making an event of it, and the webhook of that again, takes time in proportion', () =>
    expectLinear((size) => {
      const recognition = recogniseBody(Buffer.from(bodyOfSize(size)));
      return () => recognition.kind === 'callLog' && callLogWebhook(callLogRecord(recognition.webhook));
    }));
});
