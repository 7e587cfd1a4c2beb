/**
 * Zod schemas to OpenAPI schemas. A schema with `meta({ id })` becomes one component that everything refers to, so that generated clients get
 * one type for it. Two different schemas under one id are a bug and are refused.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { InvariantError } from '../../shared/core/errors.ts';
import type { JsonSchema } from './open-api-document.ts';

/** zod names schemas that refer to themselves without an id like this; the only one we have is z.json(). */
const anonymous = /^__schema\d+$/;
const jsonValue = 'JsonValue';

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function componentName(definition: string): string {
  return anonymous.test(definition) ? jsonValue : definition;
}

/** The same schema with references into the components, and without the patterns that `format` already says. */
function rewrite(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rewrite);
  if (!isObject(value)) return value;
  const rewritten = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rewrite(inner)]));
  const reference = rewritten['$ref'];
  if (typeof reference === 'string') rewritten['$ref'] = `#/components/schemas/${componentName(reference.replace('#/$defs/', ''))}`;
  if (rewritten['format'] === 'date-time' || rewritten['format'] === 'uri') delete rewritten['pattern'];
  return rewritten;
}

export class SchemaComponents {
  readonly #schemas = new Map<string, JsonSchema>();

  /** The schema for use in the document; what it names goes into the components. `input` is what callers send, `output` what they get. */
  use(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const { $defs = {}, ...root } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
    for (const [name, definition] of Object.entries($defs)) {
      this.#add(componentName(name), anonymous.test(name) ? { description: 'Any JSON value' } : definition);
    }
    const { $schema: _, ...plain } = root;
    return asSchema(rewrite(plain));
  }

  all(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #add(name: string, definition: unknown): void {
    const schema = asSchema(rewrite(definition));
    const known = this.#schemas.get(name);
    if (known && !isDeepStrictEqual(known, schema)) throw new InvariantError(`two schemas are called ${name}`);
    this.#schemas.set(name, schema);
  }
}

function asSchema(value: unknown): JsonSchema {
  if (!isObject(value)) throw new InvariantError('a schema is not an object');
  return value;
}
