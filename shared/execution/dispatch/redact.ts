import type { Json, JsonObject } from '../../core/json/canonical-json.ts';

/** What stands in the place of a masked value. */
const masked = '[redacted]';

/** The inputs with the values at these JSON Pointers (RFC 6901) masked; what is not there needs no mask. The given value stays as it is. */
export function redact(inputs: JsonObject, pointers: readonly string[]): JsonObject {
  if (pointers.length === 0) return inputs;
  const copy = structuredClone(inputs);
  for (const pointer of pointers) maskAt(copy, partsOf(pointer));
  return copy;
}

function partsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** A list has its indexes for names, as RFC 6901 spells them. */
const index = /^(?:0|[1-9]\d*)$/;

/**
 * Masks what the pointer leads to. Where the value is not what the pointer takes it for (a text in place of an object, a list in place of one), nobody knows
 * what of it was meant, so all of it is masked.
 */
function maskAt(root: JsonObject, parts: readonly string[]): void {
  let holder: Record<string, Json> = root;
  for (const [at, part] of parts.entries()) {
    if (!Object.hasOwn(holder, part)) return;
    const value = holder[part] ?? null;
    const next = parts[at + 1];
    if (next === undefined || !leadsOn(value, next)) {
      if (value !== null) holder[part] = masked;
      return;
    }
    holder = value as Record<string, Json>; // An object, or a list, which takes its indexes as names too.
  }
}

function leadsOn(value: Json, next: string): boolean {
  return typeof value === 'object' && value !== null && (!Array.isArray(value) || index.test(next));
}
