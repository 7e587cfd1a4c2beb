/**
 * Reads JSON from outside. Refuses what JSON.parse lets pass and later code cannot bear: bytes that are not UTF-8, nesting that would
 * overflow recursive readers, and lone surrogates, which have no canonical form (RFC 8785 §3.2.2.2) and so no digest.
 */
import type { Issue } from '../../../shared/core/issue.ts';

/** Twice the depth a manifest may have; nothing real nests deeper, and zod, ajv and JCS all recurse. */
const maxDepth = 64;

const utf8 = new TextDecoder('utf-8', { fatal: true });
const escapedSurrogate = /\\u[dD][89a-fA-F]/;

const ascii = { quote: 0x22, backslash: 0x5c, openBracket: 0x5b, closeBracket: 0x5d, openBrace: 0x7b, closeBrace: 0x7d } as const;

function syntax(message: string, allowed: string): Issue {
  return { code: 'syntax', pointer: '', message, allowed };
}

/** Decodes UTF-8; anything else becomes an issue. */
export function decodeText(bytes: Uint8Array, issues: Issue[]): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    issues.push(syntax('the bytes are not UTF-8', 'UTF-8 text')); // The decoder's own message says no more than that.
    return undefined;
  }
}

/** Whether brackets nest deeper than the limit; brackets inside strings do not count. */
function isTooDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === ascii.backslash) at++;
      else if (byte === ascii.quote) inString = false;
    } else if (byte === ascii.quote) inString = true;
    else if (byte === ascii.openBrace || byte === ascii.openBracket) {
      if (++depth > maxDepth) return true;
    } else if (byte === ascii.closeBrace || byte === ascii.closeBracket) depth--;
  }
  return false;
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, inner]) => name.isWellFormed() && isWellFormed(inner));
}

/** Parses a JSON body; what is wrong with it becomes an issue and the answer is undefined. */
export function parseJson(bytes: Uint8Array, issues: Issue[]): unknown {
  if (isTooDeep(bytes)) {
    issues.push(syntax('it nests too deep', `at most ${maxDepth} levels`));
    return undefined;
  }
  const text = decodeText(bytes, issues);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (!escapedSurrogate.test(text) || isWellFormed(value)) return value;
    issues.push(syntax('a string holds half of a surrogate pair', 'well-formed Unicode'));
  } catch (cause) {
    issues.push({ ...syntax('it is not JSON', 'one JSON value (RFC 8259)'), ...positionOf(cause, text) });
  }
  return undefined;
}

/** V8 says where it stopped as `at position N`, or that the input ended; its message quotes the input and is left out. */
function positionOf(cause: unknown, text: string): { line: number; column: number } {
  const position = cause instanceof Error ? /at position (\d+)/.exec(cause.message)?.[1] : undefined;
  const before = text.slice(0, position === undefined ? text.length : Number(position));
  return { line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') };
}
