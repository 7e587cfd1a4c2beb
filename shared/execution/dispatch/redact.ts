import type { Json, JsonObject } from '../../core/canonical-json.ts';

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

function maskAt(root: JsonObject, parts: readonly string[]): void {
  let at: Json = root;
  for (const [index, part] of parts.entries()) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return;
    const holder: Record<string, Json> = at as Record<string, Json>; // A list takes its indexes as names too.
    if (index === parts.length - 1) holder[part] = masked;
    else at = holder[part] ?? null;
  }
}
