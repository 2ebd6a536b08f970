import { expect, test } from '@jest/globals';
import type { Schema } from 'avsc';
import { schemaFingerprint } from '../../../services/shared/avro/avro-type.ts';

const call = (doc: string, ...fields: readonly string[]): Schema => ({
  type: 'record',
  name: 'Call',
  doc,
  fields: fields.map((name) => ({ name, type: 'string' as const })),
});

test('When two schemas write the same bytes under the same names, then their fingerprints are the same, whatever their words', () => {
  expect(schemaFingerprint(call('One', 'id'))).toBe(schemaFingerprint(call('Another', 'id')));
  expect(schemaFingerprint(call('One', 'id'))).not.toBe(schemaFingerprint(call('One', 'id', 'user')));
  expect(schemaFingerprint(call('One', 'id'))).not.toBe(schemaFingerprint(call('One', 'identity')));
});

test('When it is no Avro schema, then it has no fingerprint', () => {
  expect(schemaFingerprint({ type: 'object' } as unknown as Schema)).toBeNull();
});
