import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { schemaFingerprint } from '../../../services/shared/avro/avro-type.ts';
import { connectRegistry } from '../../../services/shared/avro/registry.ts';
import { Secret } from '../../../services/shared/config/secret.ts';
import { type RegistryDouble, startRegistryDouble } from './registry-double.ts';

let registry: RegistryDouble;
let failed: number;
beforeEach(async () => {
  registry = await startRegistryDouble();
  failed = 0;
});
afterEach(() => registry.stop());

const schemaById = (id: number, path = '') =>
  connectRegistry({ url: registry.url + path, username: null, password: null }, () => {
    failed += 1;
  }).schemaById(id);

test('When the registry has the schema, then it is told', async () => {
  registry.schemas.set(7, '{"type":"string"}');
  expect(await schemaById(7)).toBe('string');
});

test('When the registry itself says that it has no such schema, then there is none, and that is no failure', async () => {
  expect(await schemaById(999_999)).toBeNull();
  expect(failed).toBe(0);
});

test.each(['page', 'gateway'] as const)(
  'When something before the registry answers 404 with its own %s, then that is an outage, and not a schema that is unknown',
  async (manner) => {
    registry.schemas.set(7, '{"type":"string"}');
    registry.answerWith(manner);
    await expect(schemaById(7)).rejects.toMatchObject({ name: 'RegistryError', retriable: true });
    await expect(schemaById(7)).rejects.toThrow(/404.*SCHEMA_REGISTRY_URL/);
    expect(failed).toBe(2);
    registry.answerWith('registry');
    expect(await schemaById(7)).toBe('string');
  },
);

test('When SCHEMA_REGISTRY_URL ends with a slash, then an unknown schema is known as one', async () => {
  expect(await schemaById(1, '/')).toBeNull();
});

test('When the registry asks for a login, then it comes with every request, for an unknown schema too', async () => {
  const login = { username: 'ingress', password: new Secret('a: b') };
  expect(await connectRegistry({ url: registry.url, ...login }).schemaById(1)).toBeNull();
  expect(registry.logins).toEqual([`Basic ${Buffer.from('ingress:a: b').toString('base64')}`]);
});

describe('When an id names what is no Avro schema, then that is told, and is no outage:', () => {
  test.each<[string, unknown]>([
    ['a JSON schema', { schemaType: 'JSON', schema: '{"type":"object"}' }],
    ['a JSON schema that would be Avro too', { schemaType: 'JSON', schema: '{"type":"string"}' }],
    ['Protobuf', { schemaType: 'PROTOBUF', schema: 'syntax = "proto3"; message M { string a = 1; }' }],
    ['a type of tomorrow', { schemaType: 'CBOR', schema: '{}' }],
    ['Avro that is not valid', { schema: '{"type":"record","name":"R","fields":[{"name":"a","type":"nothing"}]}' }],
    ['Avro that is not JSON', { schema: '{"type":' }],
    ['JSON that is no schema', { schema: '[]7' }],
    ['nothing at all', { schema: '' }],
    ['null', { schema: 'null' }],
    ['Avro that refers to what is gone', { schema: '"a.B"', references: [{ name: 'a.B', subject: 'b', version: 1 }] }],
  ])('%s', async (_what, body) => {
    registry.answers.set('/schemas/ids/7', { body });
    registry.answers.set('/subjects/b/versions/1', { status: 404, body: { error_code: 40402 } });
    const schema = await schemaById(7);
    expect(schema).not.toBeNull();
    expect(schema === null ? '' : schemaFingerprint(schema)).toBeNull();
    expect(failed).toBe(0);
  });
});

test('When a schema refers to another one, then it comes whole', async () => {
  const inner = '{"type":"record","name":"a.B","fields":[{"name":"c","type":"int"}]}';
  const outer = '{"type":"record","name":"D","fields":[{"name":"b","type":"a.B"}]}';
  const references = [{ name: 'a.B', subject: 'a b/c', version: 3 }];
  registry.answers.set('/schemas/ids/7', { body: { schema: outer, references } });
  registry.answers.set('/subjects/a%20b%2Fc/versions/3', { body: { subject: 'a b/c', version: 3, schema: inner } });
  expect(await schemaById(7)).toEqual({
    ...JSON.parse(outer),
    fields: [{ name: 'b', type: JSON.parse(inner) }],
  });
});

test.each<[string, number, unknown]>([
  ['an error of the registry’s own', 500, { error_code: 50001, message: 'Error in the backend' }],
  ['a page with status 200', 200, 'Please log in'],
  ['an answer without a schema', 200, { id: 7 }],
  ['a redirect', 302, {}],
])('When the answer is %s, then that is an outage', async (_what, status, body) => {
  registry.answers.set('/schemas/ids/7', { status, body });
  await expect(schemaById(7)).rejects.toMatchObject({ name: 'RegistryError', retriable: true });
});

test('When an id is one that no registry deals, then it is unknown, and nobody is asked', async () => {
  expect([await schemaById(0), await schemaById(-1), await schemaById(-(2 ** 31))]).toEqual([null, null, null]);
  expect(registry.asked).toEqual([]);
});
