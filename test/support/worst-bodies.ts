import { callBody, EVENT_MS } from './call-events.ts';

/** Makes a text of about `size` units. */
export type OfSize = (size: number) => string;

const repeated = (size: number, unit: string): string => unit.repeat(Math.max(1, Math.floor(size / unit.length)));
const array = (size: number, item: string, last = item): string => `[${repeated(size, `${item},`)}${last}]`;
const object = (size: number, name: (index: number) => string): string =>
  `{${Array.from({ length: Math.floor(size / 12) }, (_, index) => `"${name(index)}":1`).join()}}`;

/** JSON numbers that expose work per digit, per zero or per power of ten. */
export const worstNumbers: Readonly<Record<string, OfSize>> = {
  digits: (size) => repeated(size, '9'),
  'zeros before a digit': (size) => `1.${repeated(size, '0')}1`,
  'zeros after a digit': (size) => `1${repeated(size, '0')}`,
  'zeros and digits': (size) => `0.${repeated(size, '10')}`,
  'an exponent of many digits': (size) => `1e${repeated(size, '9')}`,
  'an exponent with many zeros': (size) => `1e${repeated(size, '0')}5`,
  'zeros that an exponent cancels': (size) => `0.${repeated(size / 2, '0')}1e${repeated(size / 2, '0')}${size / 2 + 1}`,
};

/** JSON values that expose work per token, per nesting level or per member. Some contain a number that no double can hold. */
export const worstValues: Readonly<Record<string, OfSize>> = {
  ...worstNumbers,
  zeros: (size) => array(size, '0', '-0'),
  'short exponents': (size) => array(size, '1e1', '-0'),
  'exact numbers': (size) => array(size, '1e400'),
  'minus zeros': (size) => array(size, '-0'),
  arrays: (size) => array(size, '[]', '-0'),
  objects: (size) => array(size, '{}', '-0'),
  'empty strings': (size) => array(size, '""', '-0'),
  backslashes: (size) => `["${repeated(size, '\\\\')}",-0]`,
  quotes: (size) => `["${repeated(size, '\\"')}",-0]`,
  surrogates: (size) => `["${repeated(size, '\\ud83d')}",-0]`,
  'brackets in a string': (size) => `["${repeated(size, '[{')}",-0]`,
  'white space': (size) => `[${repeated(size, ' ')}-0,${repeated(size / 2, '\n')}1]`,
  names: (size) => object(size, (index) => `n${index.toString(36)}`),
  'names that are numbers': (size) => object(size, (index) => String(index)),
  'names with an escape': (size) => object(size, (index) => `\\n${index.toString(36)}`),
  'one name repeated': (size) => object(size, () => 'name'),
  'deep arrays': (size) => `${repeated(size / 2, '[')}-0${repeated(size / 2, ']')}`,
  'deep objects': (size) => `${repeated((size / 6) * 5, '{"a":')}-0${repeated(size / 6, '}')}`,
};

const call = (given: Readonly<Record<string, unknown>>, replaced = '', value = ''): string =>
  callBody(given).replace(replaced, () => value);
const withParties = (parties: string): string => call({ otherParties: 'HERE' }, '"HERE"', parties);

/** Bodies of a known event that expose superlinear work anywhere between the bytes and the record. */
export const worstBodies: Readonly<Record<string, OfSize>> = {
  ...Object.fromEntries(
    Object.entries(worstValues).map(([name, value]) => [
      `a new member: ${name}`,
      (size: number) => call({ added: 'HERE' }, '"HERE"', value(size)),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(worstNumbers).map(([name, value]) => [
      `a time: ${name}`,
      (size: number) => call({}, String(EVENT_MS), value(size)),
    ]),
  ),
  'a new result with many members': (size) =>
    call({ result: 'HERE' }, '"HERE"', object(size, String).replace('{', '{"type":"parked",')),
  'parties of every kind': (size) =>
    withParties(array(size, '{"type":"unknown"},{"type":"x"},{"type":"phoneNumber","phoneNumberE164":"+1"}')),
  'parties with an extra member': (size) => withParties(array(size, '{"type":"unknown","a":-0}')),
  'a bad party after many good ones': (size) => withParties(array(size, '{"type":"x"}', 'null')),
  'a bad user after many': (size) =>
    withParties(array(size, '{"type":"user","uid":"","email":""}', '{"type":"user","uid":0}')),
  'bad parties': (size) => withParties(array(size, '0')),
  'lone surrogates in a url': (size) => call({ url: 'HERE' }, 'HERE', repeated(size, '\\ud83d')),
  'a long id': (size) => call({ id: repeated(size, '%') }),
  'a long uid': (size) => call({ user: { type: 'user', uid: repeated(size, 'ü'), email: '' } }),
  'a long direction': (size) => call({ direction: repeated(size, 'x') }),
  'a long type': (size) => call({ user: { type: repeated(size, 'user') } }),
  'a deep unknown event': (size) => `{"event":"sms","sms":${worstValues['deep arrays']?.(size)}}`,
  'brackets without an end': (size) => repeated(size, '['),
  'minus signs': (size) => repeated(size, '-'),
  'a string without an end': (size) => `"${repeated(size, '\\\\')}`,
  'only white space': (size) => repeated(size, ' '),
};
