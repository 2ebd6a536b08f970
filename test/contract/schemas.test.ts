import { describe, expect, test } from '@jest/globals';
import { problemsOf } from '../../dev/schemas/check-schema.ts';
import { currentSchema, releasedVersions, schemaNames } from '../../dev/schemas/released-schemas.ts';

const callLog = currentSchema('call-log');
const released = releasedVersions('call-log');
/** The call-log schema after an edit of its text, as JSON; the edit must hit. */
function edited(edit: (schema: { fields: { name: string; type: unknown; default?: unknown }[] }) => void): string {
  const schema = JSON.parse(callLog);
  edit(schema);
  return JSON.stringify(schema);
}
const field = (schema: { fields: { name: string; type: unknown }[] }, name: string) => {
  const found = schema.fields.find((one) => one.name === name);
  if (found === undefined) throw new Error(`No field ${name}`);
  return found;
};

test.each(schemaNames())('%s reads and is read by all its released versions, golden bytes included', (name) => {
  expect(releasedVersions(name).length).toBeGreaterThan(0);
  expect(problemsOf(name, currentSchema(name), releasedVersions(name))).toEqual([]);
});

describe('When a schema is edited', () => {
  test('by a field with a default, then it is compatible, but must be released', () => {
    const schema = edited(({ fields }) => fields.push({ name: 'queue', type: ['null', 'string'], default: null }));
    expect(problemsOf('call-log', schema, released)).toEqual([
      'call-log is not released as it is: run `npm run schemas:release`',
    ]);
  });

  test.each([
    [
      'a field without a default',
      (schema: Edit) => void schema.fields.push({ name: 'queue', type: 'string' }),
      'vxt.events.CallLog.queue: a field that is not in every version needs a default',
    ],
    [
      'a removed field',
      (schema: Edit) => void schema.fields.splice(1, 1),
      'vxt.events.CallLog.id: a field that is not in every version needs a default',
    ],
    [
      'another type',
      (schema: Edit) => void Object.assign(field(schema, 'url'), { type: 'long' }),
      'vxt.events.CallLog.url: string cannot be read as long',
    ],
    [
      'another branch in a union',
      (schema: Edit) =>
        void (field(schema, 'result').type as unknown[]).push({
          type: 'record',
          name: 'Transferred',
          namespace: 'vxt.events',
          fields: [],
        }),
      'vxt.events.CallLog.result: the branch vxt.events.Transferred is not in every version; a union cannot change',
    ],
    [
      'a symbol taken from an enum',
      (schema: Edit) =>
        void Object.assign(field(schema, 'direction').type as object, {
          symbols: ['inbound', 'unrecognised'],
          default: undefined,
        }),
      'vxt.events.CallLog.direction: vxt.events.Direction cannot be read as vxt.events.Direction',
    ],
  ])('by %s, then the check names the field', (_name, edit, problem) => {
    expect(problemsOf('call-log', edited(edit), released).join('\n')).toContain(problem);
  });
});

type Edit = Parameters<Parameters<typeof edited>[0]>[0];
