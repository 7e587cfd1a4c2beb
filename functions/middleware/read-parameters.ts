/**
 * Path and query parameters to what the operation's schemas describe. Built once per operation, so that a request costs no schema work.
 * Everything unknown, doubled or out of range is reported, all at once.
 */
import { z } from 'zod';
import type { Issue } from '../../shared/core/issue.ts';
import { issuesOfZod } from '../../shared/core/zod-issues.ts';

type Strings = Readonly<Record<string, string | undefined>>;

export interface ParameterReader {
  read(values: Strings, issues: Issue[]): unknown;
}

const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** Names of the fields that the schema wants as numbers or booleans, which a URL can only spell as text. */
function typedFields(schema: z.ZodObject): ReadonlyMap<string, 'number' | 'boolean'> {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' });
  const typed = new Map<string, 'number' | 'boolean'>();
  for (const [name, property] of Object.entries(properties)) {
    const type = typeof property === 'object' ? property.type : undefined;
    if (type === 'integer' || type === 'number') typed.set(name, 'number');
    if (type === 'boolean') typed.set(name, 'boolean');
  }
  return typed;
}

function fromText(text: string, type: 'number' | 'boolean'): string | number | boolean {
  if (type === 'number') return jsonNumber.test(text) ? Number(text) : text;
  return text === 'true' ? true : text === 'false' ? false : text;
}

/** What an operation that declares no parameters reads of a request that sends none. */
const nothing: Strings = Object.freeze({});

/** Reads one group of parameters; `place` is the first part of the pointers, `path` or `query`. */
export function parameterReader(place: 'path' | 'query', schema: z.ZodObject | undefined): ParameterReader {
  const strict = (schema ?? z.object({})).strict();
  const typed = typedFields(strict);
  return {
    read(values, issues) {
      if (schema === undefined && Object.keys(values).length === 0) return nothing;
      const input: Record<string, unknown> = { ...values };
      for (const [name, type] of typed) {
        const text = values[name];
        if (text !== undefined) input[name] = fromText(text, type);
      }
      const parsed = strict.safeParse(input);
      if (parsed.success) return parsed.data;
      for (const issue of issuesOfZod(parsed.error, input)) issues.push({ ...issue, pointer: `/${place}${issue.pointer}` });
      return undefined;
    },
  };
}

/** Splits a query string; a name given twice is an issue, because readers disagree on which one counts. */
export function parseQuery(query: string, issues: Issue[]): Strings {
  if (query === '') return nothing;
  const values: Record<string, string> = Object.create(null) as Record<string, string>; // No inherited names: `in` below sees parameters only.
  for (const [name, value] of new URLSearchParams(query)) {
    if (name in values)
      issues.push({ code: 'repeated', pointer: `/query/${name}`, message: 'is given more than once', allowed: 'one value' });
    values[name] = value;
  }
  return values;
}
