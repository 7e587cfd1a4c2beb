/** What judging by a JSON Schema costs, as far as it can be told without doing it. */

export interface SchemaCost {
  /** The values of the schema, itself and all below it. */
  values: number;
  /** Whether every check looks at a value once, so that there are no more of them than values of the schema times values of what is judged. */
  isPlain: boolean;
  /** Whether a part of it may count many times. */
  hasReferences: boolean;
}

/** Keywords that look once at a value, at each of its members or at nothing. */
const plain = new Set([
  ...['type', 'enum', 'const', 'properties', 'required', 'additionalProperties', 'items'],
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['$schema', '$comment', 'title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly'],
]);
/** Those of them that hold schemas; under the first, each by the name of a field. */
const byField = 'properties';
const inner = new Set(['items', 'additionalProperties']);

const references = new Set(['$ref', '$dynamicRef']);

/** The cost of a schema, which is JSON. */
export function schemaCost(schema: object): SchemaCost {
  return { values: countValues(schema, Infinity), isPlain: isPlain(schema), hasReferences: hasReferences(schema) };
}

/** The values of a JSON value, itself and all below it; counted no further than a little over the limit. */
export function countValues(value: unknown, limit: number): number {
  const rest = [value];
  let count = 0;
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    count += 1;
    if (typeof next !== 'object' || next === null) continue;
    const members: readonly unknown[] = Array.isArray(next) ? next : Object.values(next);
    if (count + rest.length + members.length > limit) return count + rest.length + members.length;
    for (const member of members) rest.push(member);
  }
  return count;
}

/** A schema or what stands in the place of one; ajv refuses what is none. */
function isPlain(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return true;
  return Object.entries(schema).every(([key, value]: [string, unknown]) => {
    if (key === byField) return Object.values(value ?? {}).every(isPlain);
    return plain.has(key) && (!inner.has(key) || isPlain(value));
  });
}

/** Also where a field has such a name, which costs little. */
function hasReferences(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, member]) => references.has(key) || hasReferences(member));
}
