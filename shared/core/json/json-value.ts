import { z } from 'zod';
import type { Json, JsonObject } from './canonical-json.ts';

/** Nested deeper than anything that was written as JSON on purpose; a value that holds itself ends here too. */
const maxDepth = 512;

function isJson(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth > maxDepth) return false;
  if (Array.isArray(value)) return value.every((entry) => isJson(entry, depth + 1));
  if (!isPlain(value)) return false;
  for (const key of Object.keys(value)) if (!isJson((value as Record<string, unknown>)[key], depth + 1)) return false;
  return true;
}

/** Not an instance of a class; plain objects of another realm are plain too. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Any JSON value, as `z.json()` takes it but checked in place: no copy. For what is stored and signed, not for schemas that are published. */
export const JsonValue = z.custom<Json>((value) => isJson(value), 'is no JSON value');

/** A JSON object, checked in place. */
export const JsonRecord = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && isJson(value),
  'is no JSON object',
);
