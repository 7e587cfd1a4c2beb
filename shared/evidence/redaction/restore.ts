/** Puts withheld values back where they were, from openings that were checked against their commitments. The digest of the result says whether it is the original. */
import { canonicalJson, type Json, type JsonObject } from '../../core/json/canonical-json.ts';
import { openTokens } from './commitment.ts';

type ValueOf = (commitment: string) => string | undefined;

const wholeField = /^\[withheld:field:([A-Za-z0-9_-]{43})\]$/;
const wholeLine = /^\[withheld:line:([A-Za-z0-9_-]{43})\]$/;

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json; // JSON.parse gives nothing else.
  } catch {
    return undefined; // Not JSON.
  }
}

function restoreText(text: string, valueOf: ValueOf): string {
  if (!text.includes('[withheld:')) return text;
  const nested = /^[{["]/.test(text) ? parsed(text) : undefined;
  return nested === undefined ? openTokens(text, valueOf) : JSON.stringify(restoreValue(nested, valueOf));
}

/** A JSON value with everything put back for which there is a value. */
export function restoreValue(value: Json, valueOf: ValueOf): Json {
  if (typeof value === 'string') {
    const commitment = wholeField.exec(value)?.[1];
    if (commitment === undefined) return restoreText(value, valueOf);
    const field = valueOf(commitment);
    return field === undefined ? value : (parsed(field) ?? value);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((inner) => restoreValue(inner, valueOf));
  const out: JsonObject = {};
  for (const [name, inner] of Object.entries(value))
    Object.defineProperty(out, restoreText(name, valueOf), {
      value: restoreValue(inner, valueOf),
      ...{ enumerable: true, writable: true, configurable: true },
    });
  return out;
}

/** One line, or one document, as it was; `write` is the form in which it was written. */
function restoreLine(text: string, valueOf: ValueOf, write: (value: Json) => string): string {
  if (!text.includes('[withheld:')) return text;
  const value = parsed(text);
  if (value === undefined) return text;
  const whole = typeof value === 'object' && value !== null && !Array.isArray(value) ? value['withheld'] : undefined;
  const commitment = typeof whole === 'string' ? wholeLine.exec(whole)?.[1] : undefined;
  if (commitment !== undefined) return valueOf(commitment) ?? text;
  return write(restoreValue(value, valueOf));
}

/** A log as it was. */
export function restoreLog(text: string, valueOf: ValueOf): string {
  return text
    .split('\n')
    .map((line) => restoreLine(line, valueOf, JSON.stringify))
    .join('\n');
}

/** A document as it was; canonical documents stay canonical. */
export function restoreDocument(text: string, valueOf: ValueOf): string {
  const value = parsed(text);
  const isCanonical = value !== undefined && canonicalJson(value) === text;
  return restoreLine(text, valueOf, isCanonical ? canonicalJson : JSON.stringify);
}
