import { readNumber } from './exact-number.ts';
import { isNumberStart, QUOTE, tokenEnd } from './json-tokens.ts';

/** What a JSON text holds, as far as it can be told in one pass, without recursion, before its value is used. */
export type JsonScan = Readonly<{
  /**
   * How many objects and arrays are open at once where the text is deepest: 0 for a lone string, 1 for `{}` and
   * `{"a":1}`, 2 for `{"a":[]}`. All of the text counts, values of repeated names too; brackets in strings do not.
   */
  levels: number;
  /**
   * Whether JSON.parse may lose something: a number that a double cannot hold, or a member's name with an escape, which
   * V8 (13.6 to 14.6) reads as a lone backslash if it has seen a member of that name before.
   */
  beyondJsonParse: boolean;
}>;

/** `text` is valid JSON: JSON.parse has taken it. */
export function scanJson(text: string): JsonScan {
  let open = 0;
  let levels = 0;
  let beyondJsonParse = false;
  let lastString = '';
  for (let at = 0, end = 0; at < text.length; at = end) {
    end = tokenEnd(text, at);
    const first = text.charCodeAt(at);
    if (first === BRACE || first === BRACKET) levels = Math.max(levels, ++open);
    else if (first === BRACE_END || first === BRACKET_END) open--;
    else if (first === QUOTE) lastString = text.slice(at, end);
    else if (first === COLON) beyondJsonParse ||= lastString.includes('\\');
    else if (isNumberStart(first)) beyondJsonParse ||= typeof readNumber(text.slice(at, end)) !== 'number';
  }
  return { levels, beyondJsonParse };
}

const BRACE = 0x7b;
const BRACE_END = 0x7d;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
const COLON = 0x3a;
