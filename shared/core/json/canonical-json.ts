import canonicalize from 'canonicalize';
import { InvariantError } from '../errors.ts';

/** Any value JSON can carry. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON object. */
export type JsonObject = { [key: string]: Json };

/** Deeper values are left to the library, which also knows values that hold themselves. */
const maxDepth = 64;

/** Whether the value is plain JSON whose members stand in the canonical order already: by UTF-16 code units, which is how strings compare. */
function isInOrder(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === 'boolean') return true;
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth > maxDepth || 'toJSON' in value) return false;
  if (Array.isArray(value)) return value.every((entry) => isInOrder(entry, depth + 1));
  if (Object.prototype.toString.call(value) !== '[object Object]') return false;
  let previous = '';
  for (const key of Object.keys(value)) {
    if (key < previous || !key.isWellFormed() || !isInOrder((value as Record<string, unknown>)[key], depth + 1)) return false;
    previous = key;
  }
  return true;
}

/**
 * Serialises a JSON value to its one canonical form (RFC 8785, JCS); equal values give equal strings. RFC 8785 is JSON.stringify with sorted members, so what is
 * sorted already is written by that, much faster.
 */
export function canonicalJson(value: unknown): string {
  if (isInOrder(value)) return JSON.stringify(value);
  const text = canonicalize(value);
  if (text === undefined) throw new InvariantError('a value without a JSON form was canonicalised');
  return text;
}
