import { expect, test } from '@jest/globals';
import { fromValue, toRecord } from '../../../services/shared/avro/schema-ids/written-id.ts';

const written = { subject: 'vxt.voicemails-value', id: 4, schema: '"string"' };

test('When an id is written to the log, then it comes back as it was, under a key of its own', () => {
  const { key, value } = toRecord(written);
  expect(key).toBe('vxt.voicemails-value/4');
  expect(fromValue(Buffer.from(value))).toEqual(written);
});

test.each([
  ['nothing', null],
  ['no JSON', Buffer.from([0, 0, 0, 0, 1, 9])],
  ['another object', Buffer.from('{"id":4}')],
  ['an id that no record can have', Buffer.from(JSON.stringify({ ...written, id: 2 ** 31 }))],
  ['a schema that is none', Buffer.from(JSON.stringify({ ...written, schema: '{"type":"nothing"}' }))],
  ['a schema that is no JSON', Buffer.from(JSON.stringify({ ...written, schema: '{' }))],
])('When another tool wrote %s there, then it is left out', (_what, value) => {
  expect(fromValue(value)).toBeNull();
});
