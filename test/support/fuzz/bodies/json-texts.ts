import type { Draw } from '../draw.ts';
import { BODY_LIMIT } from '../http-request.ts';

/** A JSON value as text, or what looks like one. */
export type JsonText = (draw: Draw) => string;

const MAX_DIGITS = 100_000;

const repeated = (draw: Draw, unit: string, max = BODY_LIMIT): string =>
  unit.repeat(Math.ceil(draw.size(max) / unit.length));

/** Up to 100,000 digits: often that many, as work that is not linear in them shows there. */
const digits = (draw: Draw): string =>
  draw.pick(['9', '0', '10']).repeat(draw.chance(0.3) ? MAX_DIGITS : draw.size(MAX_DIGITS));

/** Up to 200,000 levels, most of them closed again. */
function nested(draw: Draw, open: string, close: string): string {
  const levels = draw.size(200_000);
  return `${open.repeat(levels)}1${close.repeat(draw.chance(0.8) ? levels : draw.below(levels))}`;
}

const strangeNumbers = [
  '-0',
  '-0.0',
  '0e0',
  '-0e-0',
  '1.0e3',
  '1E+2',
  '1e400',
  '-1e400',
  '1e-400',
  '1e999999999999',
  '0.1e1',
  '9007199254740993',
  '8640000000000001',
  '-62135596800001',
  '1763700000000.5',
  '1795601660550.123456789',
  '3.0',
  '3.0000000000000000000001',
  // No JSON numbers.
  '00',
  '01',
  '.5',
  '1.',
  '+1',
  '- 1',
  '0x10',
  '1e',
  '1e+',
  'NaN',
  'Infinity',
  '-Infinity',
  '1_000',
  '١',
  '1n',
  '--1',
] as const;

const names = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'toJSON',
  'length',
  '',
  'id',
  'type',
  'event',
  '\\u0000',
  '$ref',
  'rawJSON',
];

const strings = [
  '',
  ' ',
  '\\ud800',
  '\\udc00\\ud800',
  '\\ud83d\\ude00',
  '\\u0000',
  '\\u001f',
  '\\uFEFF',
  '\\/',
  '\u2028',
  '\u202e',
  '\ufffe',
  '😀',
  'callLog',
  'voicemail',
  'user',
  'other',
  'inbound',
  '+6491234567',
  '%',
  '%0d%0a',
  '\\r\\nx: y',
  '..\\\\..',
  '${',
  "'; --",
  // No JSON strings.
  '\\x',
  '\\u12',
  '\u0001',
  '\t',
  '\n',
  '\\',
] as const;

/** Values on which a parser, a check, an encoder or a key may stumble. */
const values: readonly JsonText[] = [
  (draw) => draw.pick(strangeNumbers),
  (draw) => draw.pick(strangeNumbers),
  (draw) => `"${draw.pick(strings)}"`,
  (draw) => `"${draw.pick(strings)}"`,
  (draw) =>
    draw.pick([
      'null',
      'true',
      'false',
      '[]',
      '{}',
      '[null]',
      '[[]]',
      '{"type":"user"}',
      'undefined',
      '',
      'nul',
      '[,]',
      '{,}',
      '[1,]',
      '/**/1',
      "'a'",
    ]),
  (draw) => nested(draw, '[', ']'),
  (draw) => nested(draw, '{"a":', '}'),
  (draw) => nested(draw, draw.pick(['[{"a":', '[0,{"a":[', ' [ ']), draw.pick(['}]', ']}]', ' ] '])),
  (draw) => `${draw.pick(['', '-', '1.', '0.', '1e', '1e-'])}${digits(draw)}`,
  (draw) => `"${repeated(draw, draw.pick(['x', 'ü', '😀', '\\ud800', '\\u0000', '\\\\', '\\"', '%', '[{']))}"`,
  (draw) => `"${repeated(draw, draw.pick(['x', '\\ud800', '😀']), 600)}"`,
  (draw) =>
    `[${repeated(draw, draw.pick(['0,', '-0,', 'null,', '{},', '{"type":"unknown"},', '{"type":"x"},', '{"type":"user","uid":"u","email":""},']))}0]`,
  (draw) => `[${repeated(draw, '{"type":"phoneNumber","phoneNumberE164":"+1","n":-0},')}{"type":"unknown"}]`,
  (draw) => `{${repeated(draw, `"${draw.pick(names)}":${draw.pick(strangeNumbers)},`)}"type":"x"}`,
  (draw) => `{${Array.from({ length: draw.size(50_000) }, (_, index) => `"${index}":0`).join()}}`,
  (draw) => `{"${draw.pick(names)}":{"${draw.pick(names)}":"${draw.pick(strings)}"},"type":"${draw.pick(strings)}"}`,
  (draw) => `[${repeated(draw, draw.pick([' ', '\t', '\n', '\r', '\u00a0', '\f']))}]`,
];

export const jsonText: JsonText = (draw) => draw.pick(values)(draw);

/** A member that nobody asked for. */
export const memberText: JsonText = (draw) => `"${draw.pick([...names, ...strings])}":${jsonText(draw)}`;
