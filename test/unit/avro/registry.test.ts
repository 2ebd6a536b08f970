import { afterEach, beforeEach, expect, test } from '@jest/globals';
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
  const expected = `Basic ${Buffer.from('ingress:a: b').toString('base64')}`;
  expect(registry.logins).toEqual([expected, expected]);
});
