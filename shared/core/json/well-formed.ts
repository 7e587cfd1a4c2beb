/** Lone surrogates in JSON: `JSON.parse` lets the escape of half a pair pass, which has no canonical form (RFC 8785 §3.2.2.2) and so no digest. */

const escapedSurrogate = /\\u[dD][89a-fA-F]/;

/** Whether every string and name of a value is well-formed Unicode; `text` is what the value was parsed from, and was UTF-8. */
export function isWellFormedJson(text: string, value: unknown): boolean {
  return !escapedSurrogate.test(text) || isWellFormed(value);
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, inner]) => name.isWellFormed() && isWellFormed(inner));
}
