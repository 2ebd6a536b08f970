import { callWebhook } from './webhooks.ts';

/** A text of about `size` units. */
export type OfSize = (size: number) => string;

const repeated = (size: number, unit: string): string => unit.repeat(Math.max(1, Math.floor(size / unit.length)));
const array = (size: number, item: string, last = item): string => `[${repeated(size, `${item},`)}${last}]`;
const object = (size: number, name: (index: number) => string): string =>
  `{${Array.from({ length: Math.floor(size / 12) }, (_, index) => `"${name(index)}":1`).join()}}`;

/** JSON numbers on which work per digit, per zero or per power of ten shows. */
export const worstNumbers: Readonly<Record<string, OfSize>> = {
  digits: (size) => repeated(size, '9'),
  'zeros before a digit': (size) => `1.${repeated(size, '0')}1`,
  'zeros after a digit': (size) => `1${repeated(size, '0')}`,
  'zeros and digits': (size) => `0.${repeated(size, '10')}`,
  'an exponent of many digits': (size) => `1e${repeated(size, '9')}`,
  'an exponent with many zeros': (size) => `1e${repeated(size, '0')}5`,
  'zeros that an exponent takes back': (size) =>
    `0.${repeated(size / 2, '0')}1e${repeated(size / 2, '0')}${size / 2 + 1}`,
};

/** JSON values on which work per token, per nesting or per member shows; in some is a number that no double holds. */
export const worstValues: Readonly<Record<string, OfSize>> = {
  ...worstNumbers,
  zeros: (size) => array(size, '0', '-0'),
  'short exponents': (size) => array(size, '1e1', '-0'),
  'exact numbers': (size) => array(size, '1e400'),
  'minus zeros': (size) => array(size, '-0'),
  arrays: (size) => array(size, '[]', '-0'),
  objects: (size) => array(size, '{}', '-0'),
  'strings of nothing': (size) => array(size, '""', '-0'),
  backslashes: (size) => `["${repeated(size, '\\\\')}",-0]`,
  quotes: (size) => `["${repeated(size, '\\"')}",-0]`,
  surrogates: (size) => `["${repeated(size, '\\ud83d')}",-0]`,
  'brackets in a string': (size) => `["${repeated(size, '[{')}",-0]`,
  'white space': (size) => `[${repeated(size, ' ')}-0,${repeated(size / 2, '\n')}1]`,
  names: (size) => object(size, (index) => `n${index.toString(36)}`),
  'names that are numbers': (size) => object(size, (index) => String(index)),
  'names with an escape': (size) => object(size, (index) => `\\n${index.toString(36)}`),
  'one name again and again': (size) => object(size, () => 'name'),
  'deep arrays': (size) => `${repeated(size / 2, '[')}-0${repeated(size / 2, ']')}`,
  'deep objects': (size) => `${repeated((size / 6) * 5, '{"a":')}-0${repeated(size / 6, '}')}`,
};

const call = (change: Readonly<Record<string, unknown>>, replaced = '', value = ''): string => {
  const { event, callLog } = JSON.parse(callWebhook('c-1'));
  return JSON.stringify({ event, callLog: { ...callLog, ...change } }).replace(replaced, () => value);
};
const withParties = (parties: string): string => call({ otherParties: 'HERE' }, '"HERE"', parties);

/** Bodies of a known event on which any step from the bytes to the record may show. */
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
      (size: number) => call({}, '1763700000000', value(size)),
    ]),
  ),
  'a new result with many members': (size) =>
    call({ result: 'HERE' }, '"HERE"', object(size, String).replace('{', '{"type":"parked",')),
  'parties of every kind': (size) =>
    withParties(array(size, '{"type":"unknown"},{"type":"x"},{"type":"phoneNumber","phoneNumberE164":"+1"}')),
  'parties with a member more': (size) => withParties(array(size, '{"type":"unknown","a":-0}')),
  'a bad party after many good ones': (size) => withParties(array(size, '{"type":"x"}', 'null')),
  'a bad user after many': (size) =>
    withParties(array(size, '{"type":"user","uid":"","email":""}', '{"type":"user","uid":0}')),
  'bad parties': (size) => withParties(array(size, '0')),
  'half characters in a url': (size) => call({ url: 'HERE' }, 'HERE', repeated(size, '\\ud83d')),
  'a long id': (size) => call({ id: repeated(size, '%') }),
  'a long uid': (size) => call({ user: { type: 'user', uid: repeated(size, 'ü'), email: '' } }),
  'a long direction': (size) => call({ direction: repeated(size, 'x') }),
  'a long type': (size) => call({ user: { type: repeated(size, 'user') } }),
  'an unknown event, deep': (size) => `{"event":"sms","sms":${worstValues['deep arrays']?.(size)}}`,
  'brackets without end': (size) => repeated(size, '['),
  'minus signs': (size) => repeated(size, '-'),
  'a string without end': (size) => `"${repeated(size, '\\\\')}`,
  'white space only': (size) => repeated(size, ' '),
};
