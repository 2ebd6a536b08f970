import { readNumber } from './exact-number.ts';
import { isNumberStart, tokenEnd } from './json-tokens.ts';
import { scanJson } from './scan-json.ts';

/**
 * JSON.parse, but a number that a double cannot hold (an id of 20 digits, 1e400, -0) keeps its digits: it comes back as
 * an ExactNumber. Throws SyntaxError like JSON.parse; of two equal names in an object the last one wins (RFC 8259 leaves
 * that open). Linear in the text, and of any depth.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return scanJson(text).beyondJsonParse ? readExactly(text) : value;
}

/**
 * The value of a valid JSON text (JSON.parse has taken it) as parseJson gives it. It does without a reviver of
 * JSON.parse, which recurses and takes ten times as long.
 */
export function readExactly(text: string): unknown {
  const outer: unknown[][] = [];
  /** What the array or object that is open holds so far: of an object, names and values in turn. */
  let inner: unknown[] = [];
  for (let at = 0, end = 0; at < text.length; at = end) {
    end = tokenEnd(text, at);
    const first = text.charAt(at);
    if (first === '{' || first === '[') {
      outer.push(inner);
      inner = [];
    } else if (first === '}' || first === ']') {
      const value = first === '}' ? objectOf(inner) : inner;
      inner = outer.pop() ?? [];
      inner.push(value);
    } else if (isNumberStart(text.charCodeAt(at))) inner.push(readNumber(text.slice(at, end)));
    else if (!between.has(first)) inner.push(JSON.parse(text.slice(at, end)));
  }
  return inner[0];
}

/** The units that stand between values. */
const between = new Set([',', ':', ' ', '\t', '\n', '\r']);

function objectOf(namesAndValues: readonly unknown[]): unknown {
  const members: [string, unknown][] = [];
  for (let at = 0; at < namesAndValues.length; at += 2)
    members.push([String(namesAndValues[at]), namesAndValues[at + 1]]);
  return Object.fromEntries(members);
}
