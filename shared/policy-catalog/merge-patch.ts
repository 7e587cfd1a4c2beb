import type { Json, JsonObject } from '../core/json/canonical-json.ts';

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A JSON Merge Patch (RFC 7386) applied to a value: objects merge, null takes a field away, everything else replaces; neither is changed. */
export function applyMergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) merged.delete(name);
    else merged.set(name, applyMergePatch(merged.get(name), change));
  }
  // A field may be called `__proto__`: fromEntries makes it a field, an assignment would not.
  return Object.fromEntries(merged);
}
