import canonicalize from 'canonicalize';
import { InvariantError } from './errors.ts';

/** Any value JSON can carry. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON object. */
export type JsonObject = { [key: string]: Json };

/** Serialises a JSON value to its one canonical form (RFC 8785, JCS); equal values give equal strings. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new InvariantError('a value without a JSON form was canonicalised');
  return text;
}
