/**
 * Judges values by the JSON Schemas (2020-12) of package descriptors. The schemas come from tenants and the judging happens in our process, so
 * a schema that could take long (regular expressions, references, unique items) runs under a time limit.
 */
import { createContext, Script } from 'node:vm';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { LRUCache } from 'lru-cache';
import type { Digest } from '../core/digest.ts';
import type { Issue } from '../core/issue.ts';
import { toPointer } from '../core/json/json-pointer.ts';
import { shownValue } from '../core/shown-value.ts';

/** Honest schemas on values of a few megabytes take a few milliseconds. */
const timeLimitMs = 500;
/** An issue list is read by people. */
const maxIssues = 50;
/** Two schemas a package: enough for every package of a busy home, and some 10 MB. */
const maxCompiled = 500;

/** Keywords whose cost is not linear in the value. */
const costly = new Set(['pattern', 'patternProperties', 'uniqueItems', '$ref', '$dynamicRef', 'format']);
/** Keywords that would reach beyond the schema: names shared by all schemas of the process, and answers that are promises. */
const refused = new Map([
  ['$id', 'string'],
  ['$async', 'boolean'],
]);

const ajv = new Ajv2020({ strict: false, allErrors: true, verbose: true, addUsedSchema: false });
addFormats.default(ajv);

interface Compiled {
  schema: object;
  validate: ValidateFunction;
  isCostly: boolean;
}

const compiled = new LRUCache<string, Compiled>({ max: maxCompiled, dispose: ({ schema }) => ajv.removeSchema(schema) });

function* keywordsOf(
  value: unknown,
  path: readonly PropertyKey[] = [],
): Generator<{ key: string; value: unknown; path: readonly PropertyKey[] }> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    yield { key, value: item, path: [...path, key] };
    yield* keywordsOf(item, [...path, key]);
  }
}

const codes: Readonly<Record<string, string>> = { additionalProperties: 'unknown-field', unevaluatedProperties: 'unknown-field' };
const messages: Readonly<Record<string, string>> = {
  required: 'is missing',
  additionalProperties: 'is not a known field',
  unevaluatedProperties: 'is not a known field',
};

/** A big value is named, not repeated: an issue may be about all of a document of megabytes. */
function shownData(data: unknown): string {
  if (Array.isArray(data)) return `a list of ${data.length}`;
  return typeof data === 'object' && data !== null ? `an object with ${Object.keys(data).length} fields` : shownValue(data);
}

function issueOf({ keyword, instancePath, params, message, data }: ErrorObject): Issue {
  const names: Record<string, unknown> = params;
  const field = names['missingProperty'] ?? names['additionalProperty'] ?? names['unevaluatedProperty'];
  const allowed = names['allowedValues'] ?? names['allowedValue'] ?? names['type'] ?? names['limit'] ?? names['pattern'] ?? names['format'];
  return {
    code: codes[keyword] ?? keyword,
    pointer: typeof field === 'string' ? instancePath + toPointer([field]) : instancePath,
    message: messages[keyword] ?? message ?? 'does not fit the schema',
    ...(typeof field === 'string' ? {} : { got: shownData(data) }),
    ...(allowed === undefined ? {} : { allowed: Array.isArray(allowed) ? allowed.map(String).join(', ') : shownValue(allowed) }),
  };
}

/** What keeps a descriptor's schema from being used, as issues below its place in the descriptor; empty for a usable one. */
export function checkSchema(schema: object, place: 'inputs' | 'outputs'): Issue[] {
  const issues = [...keywordsOf(schema)]
    .filter(({ key, value }) => refused.get(key) === typeof value)
    .map(({ key, path }): Issue => ({
      code: 'schema',
      pointer: toPointer([place, ...path]),
      message: `${key} is not allowed in the schema of a package`,
      fix: 'Remove it.',
    }));
  if (issues.length > 0) return issues;
  try {
    ajv.compile(schema);
    return [];
  } catch (error) {
    return [
      {
        code: 'schema',
        pointer: toPointer([place]),
        message: `is not a usable JSON Schema 2020-12: ${error instanceof Error ? error.message : String(error)}`,
      },
    ];
  } finally {
    ajv.removeSchema(schema);
  }
}

function compile(digest: Digest, kind: 'inputs' | 'outputs', schema: object): Compiled {
  const key = `${digest}/${kind}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const isCostly = [...keywordsOf(schema)].some((keyword) => costly.has(keyword.key));
  const made = { schema, validate: ajv.compile(schema), isCostly };
  compiled.set(key, made);
  return made;
}

const timed: { run?: () => void } = {};
const context = createContext(timed);
const script = new Script('run()');

/** Runs a function, and tells whether it came to its end in time; V8 stops even a regular expression that backtracks for ever. */
function endsInTime(run: () => void): boolean {
  timed.run = run;
  try {
    script.runInContext(context, { timeout: timeLimitMs });
    return true;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  } finally {
    delete timed.run; // It holds the value.
  }
}

/** Every way in which a value breaks the schema of a published package; the schema is known by the package's digest, so it is compiled once. */
export function checkAgainstSchema(digest: Digest, kind: 'inputs' | 'outputs', schema: object, value: unknown): Issue[] {
  const { validate, isCostly } = compile(digest, kind, schema);
  if (!isCostly) validate(value);
  else if (!endsInTime(() => void validate(value)))
    return [{ code: 'too-slow', pointer: '', message: `could not be judged by the schema within ${timeLimitMs} ms` }];
  return (validate.errors ?? []).slice(0, maxIssues).map(issueOf);
}
