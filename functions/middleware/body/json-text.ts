/**
 * Reads JSON from outside. Refuses what JSON.parse lets pass and later code cannot bear: bytes that are not UTF-8, nesting that would
 * overflow recursive readers, and lone surrogates, which have no canonical form (RFC 8785 §3.2.2.2) and so no digest.
 */
import type { Issue } from '../../../shared/core/issue.ts';
import { isTooDeep, maxJsonDepth } from '../../../shared/core/json/too-deep.ts';
import { isWellFormedJson } from '../../../shared/core/json/well-formed.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

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

/** Parses a JSON body; what is wrong with it becomes an issue and the answer is undefined. */
export function parseJson(bytes: Uint8Array, issues: Issue[]): unknown {
  if (isTooDeep(bytes)) {
    issues.push(syntax('it nests too deep', `at most ${maxJsonDepth} levels`));
    return undefined;
  }
  const text = decodeText(bytes, issues);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (isWellFormedJson(text, value)) return value;
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
