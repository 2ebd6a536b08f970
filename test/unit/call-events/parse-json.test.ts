import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isExactNumber, nearest, readNumber } from '../../../services/shared/call-events/exact-number.ts';
import { parseJson, readExactly } from '../../../services/shared/call-events/parse-json.ts';
import { scanJson } from '../../../services/shared/call-events/scan-json.ts';
import { decimal } from '../../support/decimal.ts';
import { numberTexts } from '../../support/payload-arbitraries.ts';

const runs = { numRuns: 5_000 };

/** JSON texts as any sender may write them: white space, escapes, repeated names, numbers of any form. */
const space = fc.constantFrom('', ' ', '\n\t', '\r\n');
// No name is a lone backslash, as JSON.parse is what this is compared with: see scanJson.
const names = fc.oneof(
  fc
    .string({ unit: 'binary' })
    .filter((name) => name !== '\\')
    .map((name) => JSON.stringify(name)),
  fc.constantFrom('"a"', '"\\u0061"', '"__proto__"', '"\\"["', '"\\\\x"', '"1"', '"{"'),
);
const { value: jsonTexts } = fc.letrec<{ value: string }>((tie) => ({
  value: fc
    .tuple(
      space,
      fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('true', 'false', 'null', '"]"', '"-0"'),
        numberTexts,
        names,
        fc.array(tie('value')).map((values) => `[${values.join()}]`),
        fc
          .array(fc.tuple(space, names, space, tie('value')))
          .map((members) => `{${members.map(([a, name, b, value]) => `${a}${name}${b}:${value}`).join()}}`),
      ),
      space,
    )
    .map((parts) => parts.join('')),
}));

test('When a number is read, then it is a double exactly where JSON.stringify writes the same number for that', () => {
  const property = fc.property(numberTexts, (text) => {
    const value = readNumber(text);
    const double: number = JSON.parse(text);
    const held = Number.isFinite(double) && decimal(JSON.stringify(double)) === decimal(text);
    expect(isExactNumber(value)).toBe(!held);
    expect(nearest(value)).toBe(double);
    if (isExactNumber(value)) expect(value.rawJSON).toBe(text);
  });
  fc.assert(property, runs);
});

test.each([
  ['0', 0],
  ['0.00', 0],
  ['0e999', 0],
  ['1.0e3', 1000],
  ['3.0', 3],
  ['30E-1', 3],
  ['1e+0000', 1],
  ['9007199254740993e0', null],
  ['1795601660550.123456789', null],
  ['-0', null],
  ['-0.0e7', null],
  ['1e-400', null],
  ['1e400', null],
  ['1e99999999999999999999', null],
  ['0e99999999999999999999', 0],
  ['0.1', 0.1],
  ['0.1000000000000000055511151231257827', null],
])('When %s is read, then it is %p (null: its digits)', (text, expected) => {
  const value = readNumber(text);
  expect(isExactNumber(value) ? null : value).toBe(expected);
  expect(JSON.stringify(value)).toBe(expected === null ? text : String(expected));
});

test('When a text is parsed with exact numbers, then only numbers differ from JSON.parse, and only in digits', () => {
  const property = fc.property(jsonTexts, (text) => {
    const exact = readExactly(text);
    expect(JSON.parse(JSON.stringify(exact))).toEqual(JSON.parse(text));
    expect(scanJson(text).beyondJsonParse || JSON.stringify(exact) === JSON.stringify(JSON.parse(text))).toBe(true);
    expect(parseJson(text)).toEqual(exact);
  });
  fc.assert(property, runs);
});

test('When V8 has seen a member named by a lone backslash, then a name with an escape is read right all the same', () => {
  parseJson('{"h":0,"\\\\":0}');
  expect(parseJson('{"h":0,"\\n":1,"x":{"\\"":2}}')).toEqual({ h: 0, '\n': 1, x: { '"': 2 } });
});

test('When a text is not JSON, then parsing throws SyntaxError as JSON.parse does', () => {
  for (const text of ['', '[', '{"a":}', '01', '-', '1.', '"', 'NaN', '[1]]'])
    expect(() => parseJson(text)).toThrow(SyntaxError);
});

test.each([
  ['1', 0],
  ['"[[["', 0],
  ['{}', 1],
  ['{"a":1}', 1],
  [' {"a":[]} ', 2],
  ['[[],[[]],{}]', 3],
  ['["\\"[[[[","\\\\",[]]', 2],
  ['{"[":"{","a":{"b":[{"c":[]}]}}', 5],
  ['{"a":[[[]]],"a":1}', 4],
])('When the text is %s, then it has %i levels', (text, levels) => {
  expect(scanJson(text).levels).toBe(levels);
});

test('When a body is a megabyte of brackets, then it is parsed with exact numbers all the same', () => {
  const levels = 500_000;
  let value = parseJson(`${'['.repeat(levels)}-0${']'.repeat(levels)}`);
  let deep = 0;
  for (; Array.isArray(value); value = value[0]) deep++;
  expect(deep).toBe(levels);
  expect(JSON.stringify(value)).toBe('-0');
});
