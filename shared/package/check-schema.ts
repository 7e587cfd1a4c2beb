/**
 * Judges values by the JSON Schemas (2020-12) of package descriptors. The schemas and the values come from tenants and the judging happens in our process, so what
 * could take long runs under a time limit, and what could break a schema in too many ways is told the first of them.
 */
import { createContext, Script } from 'node:vm';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { LRUCache } from 'lru-cache';
import type { Digest } from '../core/digest.ts';
import type { Issue } from '../core/issue.ts';
import { toPointer } from '../core/json/json-pointer.ts';
import { shownValue } from '../core/text/shown-value.ts';
import { countValues, schemaCost, type SchemaCost } from './schema-cost.ts';

/** Honest schemas on values of a few megabytes take a few milliseconds. */
const timeLimitMs = 500;
/** An issue list is read by people. */
const maxIssues = 50;
/** A path is as long as the names in it, which may have megabytes; each issue would hold it anew. */
const longPath = 10_000;
/** Two schemas a package: enough for every package of a busy home, and some 10 MB. */
const maxCompiled = 500;

/** Values of a schema times values of what is judged: so many checks take some ms, and so many issues some MB. */
const fewChecks = 10_000;
/** Keywords that would reach beyond the schema: names shared by all schemas of the process, and answers that are promises. */
const refused = new Map([
  ['$id', 'string'],
  ['$async', 'boolean'],
]);

const options = { strict: false, verbose: true, addUsedSchema: false } as const;
/** Names every way in which a value does not fit. */
const thorough = new Ajv2020({ ...options, allErrors: true });
/** Names the first. */
const quick = new Ajv2020(options);
addFormats.default(thorough);
addFormats.default(quick);

interface Compiled {
  schema: object;
  cost: SchemaCost;
  thorough?: ValidateFunction;
  quick?: ValidateFunction;
}

const compiled = new LRUCache<string, Compiled>({
  max: maxCompiled,
  dispose: ({ schema }) => {
    thorough.removeSchema(schema);
    quick.removeSchema(schema);
  },
});

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
    thorough.compile(schema);
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
    thorough.removeSchema(schema);
  }
}

function compile(digest: Digest, kind: 'inputs' | 'outputs', schema: object): Compiled {
  const key = `${digest}/${kind}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const made = { schema, cost: schemaCost(schema) };
  compiled.set(key, made);
  return made;
}

const thoroughOf = (known: Compiled): ValidateFunction => (known.thorough ??= thorough.compile(known.schema));

/** Its code nests as deep as a schema has fields; V8 does not take thousands. */
function compileQuick(known: Compiled): ValidateFunction {
  try {
    return quick.compile(known.schema);
  } catch (error) {
    if (error instanceof RangeError) return thoroughOf(known);
    throw error;
  }
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

/**
 * The ways in which a value breaks the schema of a published package, the first alone where there could be very many; the schema is known by the package's digest, so
 * it is compiled once.
 */
export function checkAgainstSchema(digest: Digest, kind: 'inputs' | 'outputs', schema: object, value: unknown): Issue[] {
  const known = compile(digest, kind, schema);
  const { values, isPlain, hasReferences } = known.cost;
  const isSmall = values * countValues(value, fewChecks / values) <= fewChecks;
  const validate = isSmall && !hasReferences ? thoroughOf(known) : (known.quick ??= compileQuick(known));
  if (isSmall && isPlain) validate(value);
  else if (!endsInTime(() => void validate(value)))
    return [{ code: 'too-slow', pointer: '', message: `could not be judged by the schema within ${timeLimitMs} ms` }];
  const errors = validate.errors ?? [];
  const hasLongPath = errors.some(({ instancePath }) => instancePath.length > longPath);
  return errors.slice(0, hasLongPath ? 1 : maxIssues).map(issueOf);
}
