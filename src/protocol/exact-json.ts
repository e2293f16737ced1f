import { GdwsError } from '../base/errors';
import type { Json } from './messages';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Nesting that a document may have; a tensor takes as many as it has axes, and three around it. */
const mostDepth = 64;

/**
 * Parses JSON, with integers of 16 digits and more as a `bigint` where `hasBigIntegers`: a number would round them.
 *
 * @throws GdwsError ARGUMENT_INVALID for what is not JSON, or nested too deeply
 */
export function parseJson(bytes: Uint8Array, hasBigIntegers: boolean): Json {
  const invalid = (summary: string, cause?: unknown) => new GdwsError('ARGUMENT_INVALID', summary, { cause });
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw invalid('the JSON is not in UTF-8.', cause);
  }
  if (depthOf(bytes) > mostDepth) throw invalid(`the JSON is nested more than ${mostDepth} deep.`);
  try {
    return hasBigIntegers ? parseWithBigIntegers(text) : (JSON.parse(text) as Json);
  } catch (cause) {
    // The parser's own message quotes the text.
    throw invalid('the body is not JSON.', cause);
  }
}

/** How deep brackets lie within each other; those in strings do not count. */
function depthOf(bytes: Uint8Array): number {
  let [depth, most] = [0, 0];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) {
      for (at++; at < bytes.length && bytes[at] !== quote; at++) if (bytes[at] === backslash) at++;
    } else if (byte === openBracket || byte === openBrace) {
      most = Math.max(most, ++depth);
    } else if (byte === closeBracket || byte === closeBrace) {
      depth--;
    }
  }
  return most;
}

const [quote, backslash] = [0x22, 0x5c];
const [openBracket, openBrace, closeBracket, closeBrace] = [0x5b, 0x7b, 0x5d, 0x7d];

/** A string, or an integer of 16 digits and more, which double precision may not hold. */
const stringOrBigInteger = /"(?:[^"\\]|\\[^])*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;

/** Each big integer is parsed as an object with a key that no string of the document contains. */
function parseWithBigIntegers(text: string): Json {
  let key = 'integer';
  while (text.includes(key)) key += '_';
  const marked = text.replaceAll(stringOrBigInteger, (found) => (found[0] === '"' ? found : `{"${key}":"${found}"}`));
  if (marked === text) return JSON.parse(text) as Json;
  return JSON.parse(marked, (_, value: Record<string, string> | null) => {
    const digits = typeof value === 'object' ? value?.[key] : undefined;
    return digits === undefined ? value : exactly(digits);
  }) as Json;
}

function exactly(digits: string): bigint {
  // As JSON has it: 007 is no number.
  if (/^-?0\d/.test(digits)) throw new SyntaxError('a number begins with 0');
  return BigInt(digits);
}
