import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readSchema } from '../../../services/shared/avro/avro-type.ts';
import { connectRegistry } from '../../../services/shared/avro/registry.ts';
import { checkRegistry } from '../../../services/shared/avro/schema-ids/checked-registry.ts';
import { type MemorySchemaIdLog, memorySchemaIdLog } from '../../support/memory-schema-id-log.ts';
import { type RegistryDouble, startRegistryDouble } from './registry-double.ts';

const calls = 'vxt.call-logs-value';
const callLog = readSchema('call-log');
const voicemail = readSchema('voicemail');
const other = '{"type":"record","name":"Other","fields":[]}';

let registry: RegistryDouble;
let log: MemorySchemaIdLog;
beforeEach(async () => {
  registry = await startRegistryDouble();
  log = memorySchemaIdLog();
});
afterEach(() => registry.stop());

const check = () =>
  checkRegistry(connectRegistry({ url: registry.url, username: null, password: null }), log, registry.url);
const posts = () => registry.asked.filter((request) => request.startsWith('POST'));

/** A start before: call logs 1, voicemails 2. */
async function ranBefore(): Promise<void> {
  const { register } = await check();
  expect(await register(calls, callLog)).toBe(1);
  expect(await register('vxt.voicemails-value', voicemail)).toBe(2);
}

test('When a schema is registered, then the log knows its id and its text before anybody gets the id', async () => {
  await ranBefore();
  expect(log.written).toMatchObject([
    { subject: calls, id: 1, schema: JSON.stringify(callLog) },
    { subject: 'vxt.voicemails-value', id: 2 },
  ]);
  log.add = async () => Promise.reject(new Error('Kafka is unavailable'));
  const { register } = await check();
  await expect(register(calls, callLog)).rejects.toThrow('Kafka is unavailable');
});

test('When the registry is as it was, then its ids go on', async () => {
  await ranBefore();
  const { register, isWritten } = await check();
  expect(await register(calls, callLog)).toBe(1);
  expect([isWritten(calls), isWritten('vxt.dead-letters-value')]).toEqual([true, false]);
});

describe('When the registry is not the one that the log was written with, then it is refused with the remedy, and nothing is registered', () => {
  test.each<[string, () => void, RegExp]>([
    ['it has lost everything', () => registry.schemas.clear(), /no schema 1, .*call-logs.*no schema 2, .*voicemails/],
    ['it has lost one', () => registry.schemas.delete(2), /no schema 2, with which vxt.voicemails-value was written/],
    ['another has the id', () => registry.schemas.set(1, other), /schema 1 is another there than vxt.call-logs-value/],
    [
      'ids were dealt anew',
      () => {
        registry.schemas.clear();
        registry.schemas.set(1, JSON.stringify(voicemail)).set(2, JSON.stringify(callLog));
      },
      /schema 1 is another .*schema 2 is another/,
    ],
  ])('(%s)', async (_how, change, problem) => {
    await ranBefore();
    const before = posts().length;
    change();
    await expect(check()).rejects.toMatchObject({ name: 'SchemaIdsError', retriable: false });
    await expect(check()).rejects.toThrow(problem);
    await expect(check()).rejects.toThrow(`at ${registry.url}`);
    await expect(check()).rejects.toThrow('`npx vxt-events registry restore`');
    expect(posts()).toHaveLength(before);
  });
});

test('When the registry gives a written schema another id beside its own, then that id is not used', async () => {
  await ranBefore();
  const { register } = await check();
  registry.schemas.clear();
  registry.schemas.set(7, JSON.stringify(callLog));
  await expect(register(calls, callLog)).rejects.toThrow(/call-logs-value was written with id 1, and gets 7 there/);
});

test('When the registry loses its data between the check and the registration, then an id that means another schema is not used', async () => {
  await ranBefore();
  const { register } = await check();
  registry.schemas.clear();
  registry.schemas.set(1, other);
  await expect(register('vxt.user-call-metrics-value', JSON.parse(other))).rejects.toThrow(
    /schema 1 is another there than vxt.call-logs-value/,
  );
  expect(log.written).toHaveLength(2);
});

test('When the registry is unavailable, then that is an outage, and not a registry that lost its data', async () => {
  await ranBefore();
  registry.answerWith('gateway');
  await expect(check()).rejects.toMatchObject({ name: 'RegistryError', retriable: true });
});

describe('When an id is read', () => {
  test('then the log says what it means, whatever has become of the registry since the start', async () => {
    await ranBefore();
    const { schemaById } = await check();
    registry.schemas.clear();
    registry.schemas.set(1, other);
    expect(await schemaById(1)).toEqual(callLog);
    registry.answerWith('silence');
    expect(await schemaById(2)).toEqual(voicemail);
  });

  test('that another process began to write with meanwhile, then the log says what it means', async () => {
    const { schemaById } = await check();
    await ranBefore();
    registry.schemas.clear();
    expect(await schemaById(1)).toEqual(callLog);
  });

  test('that the log does not know, then the registry says what it means, or that there is none', async () => {
    registry.schemas.set(9, other);
    const { schemaById } = await check();
    expect(await schemaById(9)).toEqual(JSON.parse(other));
    expect(await schemaById(10)).toBeNull();
  });

  test('and many are not known to the log, then it is not read again for each', async () => {
    let nowMs = 0;
    let reads = 0;
    const { read } = log;
    log.read = () => {
      reads += 1;
      return read();
    };
    const settings = { url: registry.url, username: null, password: null };
    const { schemaById } = await checkRegistry(connectRegistry(settings), log, registry.url, () => nowMs);
    for (let id = 100; id < 120; id += 1) expect(await schemaById(id)).toBeNull();
    expect(reads).toBe(2);
    nowMs = 5_000;
    await schemaById(100);
    expect(reads).toBe(3);
  });

  test('that the log does not know while Kafka is unavailable, then that is an outage', async () => {
    registry.schemas.set(9, other);
    const { schemaById } = await check();
    log.read = async () => Promise.reject(new Error('no broker'));
    await expect(schemaById(9)).rejects.toMatchObject({ name: 'RegistryError', retriable: true });
  });
});
