import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { restoreSchemas } from '../../../services/vxt-events/registry/restore-registry.ts';
import { type ConfluentDouble, startConfluentDouble } from './confluent-double.ts';

const first = { subject: 'vxt.call-logs-value', id: 3, schema: '{"type":"record","name":"First","fields":[]}' };
const second = { subject: 'vxt.call-logs-value', id: 8, schema: '{"type":"record","name":"Second","fields":[]}' };
const other = { subject: 'vxt.voicemails-value', id: 4, schema: '"string"' };
const written = [second, other, first];

let registry: ConfluentDouble;
beforeEach(async () => {
  registry = await startConfluentDouble();
});
afterEach(() => registry.stop());

const restore = (act: boolean) =>
  restoreSchemas(written, { url: `${registry.url}/`, username: null, password: null }, act);
const had = (...schemas: readonly (typeof first)[]): void => {
  for (const { subject, id, schema } of schemas) {
    registry.schemas.set(id, schema);
    registry.subjects.set(subject, [...(registry.subjects.get(subject) ?? []), id]);
  }
};

test('When a registry lost everything, then it has each schema under its id again, in the order of the ids, and takes new ones as before', async () => {
  expect(await restore(true)).toEqual({ there: [], missing: written });
  expect([...registry.subjects]).toEqual([
    ['vxt.call-logs-value', [3, 8]],
    ['vxt.voicemails-value', [4]],
  ]);
  expect(registry.schemas).toEqual(new Map(written.map(({ id, schema }) => [id, schema])));
  expect(new Set(registry.modes.values())).toEqual(new Set(['READWRITE']));
  expect([...registry.levels]).toEqual([...registry.subjects.keys()].map((subject) => [subject, 'FULL_TRANSITIVE']));
  expect(await restore(true)).toEqual({ there: written, missing: [] });
});

test('When it lost a part, then only that is restored', async () => {
  had(first, other);
  expect(await restore(true)).toEqual({ there: [other, first], missing: [second] });
  expect(registry.subjects.get(first.subject)).toEqual([3, 8]);
});

test('When it is only looked at, then nothing is changed', async () => {
  had(other);
  expect(await restore(false)).toEqual({ there: [other], missing: [second, first] });
  expect(registry.changes).toEqual([]);
});

test.each([
  ['another schema under one of the ids', { ...first, id: 8 }, /schema 8 is another there than/],
  ['a schema under another id', { ...first, id: 1 }, /vxt.call-logs-value has under id 1 what was written with 3/],
])('When it was begun anew and has %s, then nothing is changed', async (_what, anew, problem) => {
  had(anew);
  await expect(restore(true)).rejects.toThrow(problem);
  await expect(restore(true)).rejects.toThrow(/Nothing was changed/);
  expect(registry.changes).toEqual([]);
});

test('When it takes no schema under a given id, then the error says so', async () => {
  registry.allowMode(false);
  await expect(restore(true)).rejects.toThrow(/does not take schemas under given ids \(HTTP 422\).*not allowed/);
});

test('When it refuses a schema, then the error names it, and the subject is in its usual mode again', async () => {
  registry.refused.add(8);
  await expect(restore(true)).rejects.toThrow(/take schema 8 of vxt.call-logs-value \(HTTP 409\).*Incompatible/);
  expect(registry.modes.get(first.subject)).toBe('READWRITE');
});
