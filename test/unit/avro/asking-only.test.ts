import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readSchema } from '../../../services/shared/avro/avro-type.ts';
import { connectRegistry } from '../../../services/shared/avro/registry.ts';
import { askingOnly } from '../../../services/shared/avro/schema-ids/asking-only.ts';
import { checkRegistry } from '../../../services/shared/avro/schema-ids/checked-registry.ts';
import { memorySchemaIdLog } from '../../support/memory-schema-id-log.ts';
import { type RegistryDouble, startRegistryDouble } from './registry-double.ts';

const calls = 'vxt.call-logs-value';
const callLog = readSchema('call-log');
const voicemail = readSchema('voicemail');

let registry: RegistryDouble;
beforeEach(async () => {
  registry = await startRegistryDouble();
});
afterEach(() => registry.stop());

test('When it is a dry run, then a schema of the log has its id, a new one has one of its own that can be read, and neither registry nor log is written', async () => {
  const log = memorySchemaIdLog();
  const check = () =>
    checkRegistry(connectRegistry({ url: registry.url, username: null, password: null }), log, registry.url);
  const { register } = await check();
  const written = await register(calls, callLog);
  const asked = registry.asked.length;

  const dry = askingOnly(await check());
  expect(await dry.register(calls, callLog)).toBe(written);
  const made = [await dry.register('vxt.voicemails-value', voicemail), await dry.register(calls, voicemail)];
  expect(new Set([written, ...made]).size).toBe(3);
  for (const id of made) expect(await dry.schemaById(id)).toEqual(voicemail);
  expect(await dry.schemaById(written)).toEqual(callLog);
  expect(registry.asked.slice(asked).filter((request) => !request.startsWith('GET'))).toEqual([]);
  expect(log.written).toHaveLength(1);
});
