import { expect, test } from '@jest/globals';
import type { Schema } from 'avsc';
import { createReader } from '../../../../services/shared/avro/reader.ts';
import type { Registry } from '../../../../services/shared/avro/registry.ts';
import { RegistryError } from '../../../../services/shared/avro/registry.ts';
import { createWriter } from '../../../../services/shared/avro/writer.ts';
import { callLogRecord } from '../../../../services/shared/call-events/to-record.ts';
import { call } from '../../../support/call-events.ts';
import { localRegistry } from '../../../support/local-registry.ts';

const MINUTE_MS = 60_000;

/** A registry without its schemas until they are restored, and a reader of call logs with a clock that the test controls. */
async function givenLostRegistry() {
  const whole = localRegistry();
  const writer = await createWriter(whole, 'vxt.', 'callLogs');
  let nowMs = 1_000;
  let has: Registry['schemaById'] = async () => null;
  const asked: number[] = [];
  const registry: Registry = {
    ...whole,
    schemaById: (id) => {
      asked.push(id);
      return has(id);
    },
  };
  const reader = createReader(registry, 'callLogs', () => nowMs);
  const value = writer.encode(callLogRecord(call()));
  return {
    asked,
    read: async () => {
      await reader.learn([value]);
      return reader.decode(value);
    },
    answer: (schemaById: Registry['schemaById']) => {
      has = schemaById;
    },
    restore: () => {
      has = whole.schemaById;
    },
    later: (ms: number) => {
      nowMs += ms;
    },
  };
}

test('When the registry did not know an id, then it is requested again after a minute, and found in a registry that was restored', async () => {
  const { asked, read, restore, later } = await givenLostRegistry();
  expect(await read()).toEqual({ ok: false, reason: 'unknown-schema-id' });
  restore();
  later(MINUTE_MS - 1);
  expect(await read()).toEqual({ ok: false, reason: 'unknown-schema-id' });
  later(1);
  expect(await read()).toMatchObject({ ok: true });
  later(10 * MINUTE_MS);
  expect(await read()).toMatchObject({ ok: true });
  expect(asked).toHaveLength(2);
});

test('When it is still unknown after a minute, then it is requested once a minute, not with every record', async () => {
  const { asked, read, later } = await givenLostRegistry();
  for (let second = 0; second < 180; second += 1) {
    await read();
    later(1_000);
  }
  expect(asked).toHaveLength(3);
});

test('When the registry is unavailable as an unknown id is requested again, then that is an outage, and nothing is forgotten', async () => {
  const { read, answer, restore, later } = await givenLostRegistry();
  await read();
  later(MINUTE_MS);
  answer(() => Promise.reject(new RegistryError('unavailable')));
  await expect(read()).rejects.toThrow('unavailable');
  restore();
  expect(await read()).toMatchObject({ ok: true });
});

test.each<[string, Schema, string]>([
  ['is not Avro', { type: 'nothing' } as unknown as Schema, 'not-avro'],
  ['describes something else', 'string', 'incompatible-schema'],
  [
    'contains itself',
    { type: 'record', name: 'vxt.events.CallLog', fields: [{ name: 'self', type: 'vxt.events.CallLog' }] },
    'incompatible-schema',
  ],
])(
  'When the writer’s schema %s, then its values cannot be decoded, and nothing throws',
  async (_what, schema, reason) => {
    const { asked, read, answer, later } = await givenLostRegistry();
    answer(async () => schema);
    expect(await read()).toEqual({ ok: false, reason });
    later(10 * MINUTE_MS);
    expect(await read()).toEqual({ ok: false, reason });
    expect(asked).toHaveLength(1);
  },
);
