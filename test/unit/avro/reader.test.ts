import { expect, test } from '@jest/globals';
import type { Schema } from 'avsc';
import { createReader } from '../../../services/shared/avro/reader.ts';
import type { Registry } from '../../../services/shared/avro/registry.ts';
import { RegistryError } from '../../../services/shared/avro/registry.ts';
import { createWriter } from '../../../services/shared/avro/writer.ts';
import { callLogRecord } from '../../../services/shared/call-events/to-record.ts';
import { localRegistry } from '../../support/local-registry.ts';
import { call } from '../call-metrics/events.ts';

const MINUTE_MS = 60_000;

/** A registry that has lost its schemas, until it is given them back, and a reader of call logs with a clock of the test's. */
async function givenLostRegistry() {
  const whole = localRegistry();
  const writer = await createWriter(whole, 'call-logs', 'call-log');
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
  const reader = createReader(registry, 'call-log', () => nowMs);
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

test('When the registry did not know an id, then it is asked again after a minute, and a registry that was restored is believed', async () => {
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

test('When it is still unknown after a minute, then it is asked for once a minute, not with every record', async () => {
  const { asked, read, later } = await givenLostRegistry();
  for (let second = 0; second < 180; second += 1) {
    await read();
    later(1_000);
  }
  expect(asked).toHaveLength(3);
});

test('When the registry is away as an unknown id is asked for again, then that is an outage, and nothing is forgotten', async () => {
  const { read, answer, restore, later } = await givenLostRegistry();
  await read();
  later(MINUTE_MS);
  answer(() => Promise.reject(new RegistryError('away')));
  await expect(read()).rejects.toThrow('away');
  restore();
  expect(await read()).toMatchObject({ ok: true });
});

test.each<[string, Schema, string]>([
  ['is no Avro', { type: 'nothing' } as unknown as Schema, 'not-avro'],
  ['is of something else', 'string', 'incompatible-schema'],
  [
    'names itself without end',
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
