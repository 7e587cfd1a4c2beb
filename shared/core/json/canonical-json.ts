import canonicalize from 'canonicalize';
import { InvariantError } from '../errors.ts';

/** Any value JSON can carry. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON object. */
export type JsonObject = { [key: string]: Json };

/** Deeper values are left to the library, which also knows values that hold themselves. */
const maxDepth = 64;

/** How JSON.stringify spells half a character, which RFC 8785 refuses. */
const halfCharacter = '\\ud';

/**
 * Whether the value is plain JSON whose members stand in the canonical order already: by UTF-16 code units, which is how strings compare. Of texts nothing is looked at
 * here. Every receipt comes through, so this is spelt for speed.
 */
function isInOrder(value: unknown, depth: number): boolean {
  if (typeof value === 'string' || value === null || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth > maxDepth || 'toJSON' in value) return false;
  if (Array.isArray(value)) {
    // By index, because a hole is no JSON.
    for (let at = 0; at < value.length; at += 1) if (!isInOrder(value[at], depth + 1)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return false;
  let previous = '';
  for (const key in value) {
    if (key < previous || !isInOrder((value as Record<string, unknown>)[key], depth + 1)) return false;
    previous = key;
  }
  return true;
}

/**
 * Serialises a JSON value to its one canonical form (RFC 8785, JCS); equal values give equal strings. RFC 8785 is JSON.stringify with sorted members, so what is
 * sorted already is written by that, much faster.
 */
export function canonicalJson(value: unknown): string {
  if (isInOrder(value, 0)) {
    const text = JSON.stringify(value);
    // Also in a text that holds just these three characters, which the library then writes the same.
    if (!text.includes(halfCharacter)) return text;
  }
  const text = canonicalize(value);
  if (text === undefined) throw new InvariantError('a value without a JSON form was canonicalised');
  return text;
}
