/**
 * The hash that OPA signs of one file of a bundle. Rules and modules are hashed as they are; `.manifest` and `data.json` as the JSON they
 * hold, keys in byte order and numbers as they were spelt, so that a bundle stays signed when another program wrote its white space.
 */
import { createHash, hash } from 'node:crypto';
import { parseBundleJson } from './bundle-json.ts';

const structured = new Set(['.manifest', 'data.json']);

/** A number that is written as it was read: OPA signs `1.0` and `1e0`, not the value. */
class Spelling {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The third argument is in Node, but not yet in the types. */
function keepSpelling(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && context?.source !== undefined ? new Spelling(context.source) : value;
}

/** Text as Go writes it in JSON: like JavaScript, but for the two line ends of Unicode and halves of surrogate pairs. */
function goText(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

function inByteOrder(keys: string[]): string[] {
  return keys.map((key) => ({ key, bytes: Buffer.from(key) })).sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ key }) => key); // prettier-ignore
}

function canonical(value: unknown): string {
  if (value instanceof Spelling) return value.text;
  if (typeof value === 'string') return goText(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = new Map<string, unknown>(Object.entries(value));
  return `{${inByteOrder([...fields.keys()]).map((key) => `${goText(key)}:${canonical(fields.get(key))}`).join(',')}}`; // prettier-ignore
}

/** Hash algorithms of signed bundles that we accept, by their names in the signature; OPA also knows MD5 and SHA-1. */
export const hashAlgorithms = { 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' } as const;
export type HashAlgorithm = keyof typeof hashAlgorithms;

/** The hash of a file of a bundle in lower-case hex, as `opa sign` makes it. Throws a BundleJsonError when a file that must hold JSON does not. */
export function signedFileHash(name: string, bytes: Uint8Array, algorithm: HashAlgorithm): string {
  if (!structured.has(name)) return hash(hashAlgorithms[algorithm], bytes, 'hex');
  return createHash(hashAlgorithms[algorithm]).update(canonical(parseBundleJson(name, bytes, keepSpelling))).digest('hex'); // prettier-ignore
}
