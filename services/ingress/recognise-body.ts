import { isUtf8 } from 'node:buffer';
import { readExactly } from '../shared/call-events/parse-json.ts';
import { scanJson } from '../shared/call-events/scan-json.ts';
import { eventKindOf, MAX_LEVELS, type Recognition, recognise, unrecognised } from './domain/recognise.ts';

/** A body that is not one JSON value in UTF-8. */
export type NotJson = Readonly<{ kind: 'not-json' }>;

/**
 * What the bytes of a webhook are. JSON is UTF-8 (RFC 8259, 8.1); a byte order mark is passed over. Linear in the size
 * of the body. Nothing runs that recurses into a value before it is known to be shallow: V8's JSON.parse does not
 * (without a reviver), JSON.stringify does.
 */
export function recogniseBody(body: Buffer): Recognition | NotJson {
  const text = textOf(body);
  const json = text === null ? notJson : parse(text);
  if (text === null || json === notJson) return { kind: 'not-json' };
  if (eventKindOf(json) === null) return recognise(json);
  const { levels, beyondJsonParse } = scanJson(text);
  if (levels > MAX_LEVELS) return unrecognised('too-deep', '');
  return recognise(json, beyondJsonParse ? readExactly(text) : json);
}

function textOf(body: Buffer): string | null {
  if (!isUtf8(body)) return null;
  const text = body.toString('utf8');
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return notJson;
    throw error;
  }
}

const BYTE_ORDER_MARK = 0xfeff;
const notJson = Symbol('not JSON');
