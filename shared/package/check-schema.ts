/**
 * Judges values by the JSON Schemas (2020-12) of package descriptors. The schemas and the values come from tenants and the judging happens in our process, so what
 * could take long runs under a time limit, and what could break a schema in too many ways is told the first of them.
 */
import { createContext, Script } from 'node:vm';
import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { LRUCache } from 'lru-cache';
import type { Digest } from '../core/digest.ts';
import type { Issue } from '../core/issue.ts';
import { toPointer } from '../core/json/json-pointer.ts';
import { shownValue } from '../core/text/shown-value.ts';
import { countValues, schemaCost, type SchemaCost } from './schema-cost.ts';

/** Honest schemas on values of a few megabytes take a few milliseconds. */
const timeLimitMs = 500;
/** Honest schemas become code in some ten milliseconds; 60 KB of patterns or choices took up to fifteen seconds. */
const compileLimitMs = 1_000;
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

/**
 * A reference is a call: code in its place would be as much as the references times what they name, which for a schema of 60 KB is more than a process may have. And
 * what a schema says is nothing for the log of the home.
 */
const options = {
  strict: false,
  verbose: true,
  addUsedSchema: false,
  inlineRefs: false,
  logger: false,
  /** Every object has a `constructor` and a `toString` that nobody sent. */
  ownProperties: true,
} as const;

function newCompiler(more: Options): Ajv2020 {
  const compiler = new Ajv2020({ ...options, ...more });
  addFormats.default(compiler);
  return compiler;
}

/** Names every way in which a value does not fit. */
const thorough = newCompiler({ allErrors: true });
/** Names the first. */
const quick = newCompiler({});

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
    void thorough.validateSchema(schema, true); // Throws at once: `$async` was refused above.
    if (compilesInTime(schema)) return [];
    return [
      {
        code: 'schema',
        pointer: toPointer([place]),
        message: `took more than ${compileLimitMs} ms to be made ready`,
        fix: 'Use fewer patterns, choices and conditions.',
      },
    ];
  } catch (error) {
    return [
      {
        code: 'schema',
        pointer: toPointer([place]),
        message: `is not a usable JSON Schema 2020-12: ${error instanceof Error ? error.message : String(error)}`,
      },
    ];
  }
}

/** Both ways of judging are tried; a compiler that was stopped amid its work is good for nothing, so these are for one try only. */
function compilesInTime(schema: object): boolean {
  return endsInTime(() => {
    const known: Compiled = { schema, cost: schemaCost(schema) };
    const [all, first] = [newCompiler({ allErrors: true, validateSchema: false }), newCompiler({ validateSchema: false })];
    thoroughOf(known, all);
    compileQuick(known, first, all);
  }, compileLimitMs);
}

function compile(digest: Digest, kind: 'inputs' | 'outputs', schema: object): Compiled {
  const key = `${digest}/${kind}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const made = { schema, cost: schemaCost(schema) };
  compiled.set(key, made);
  return made;
}

const thoroughOf = (known: Compiled, all = thorough): ValidateFunction => (known.thorough ??= all.compile(known.schema));

/** Its code nests as deep as a schema has fields; V8 does not take thousands. */
function compileQuick(known: Compiled, first = quick, all = thorough): ValidateFunction {
  try {
    return first.compile(known.schema);
  } catch (error) {
    if (error instanceof RangeError) return thoroughOf(known, all);
    throw error;
  }
}

const timed: { run?: () => void } = {};
const context = createContext(timed);
const script = new Script('run()');

/**
 * V8 stops by the clock on the wall, which says nothing of the schema when the machine stood still or the heap was being cleared. What was stopped is begun once more in
 * any case, because such a halt may look like work, and up to five times where less than half of the limit was the processor's.
 */
const triesOfWork = 2;
const triesOfWaiting = 5;
const waitedBelow = 0.5;

/** Runs a function, and tells whether it came to its end in time; V8 stops even a regular expression that backtracks for ever. */
function endsInTime(run: () => void, limitMs = timeLimitMs): boolean {
  for (let tries = 1; ; tries += 1) {
    const before = process.threadCpuUsage();
    if (endsByTheClock(run, limitMs)) return true;
    const { user, system } = process.threadCpuUsage(before);
    const waited = (user + system) / 1_000 < limitMs * waitedBelow;
    if (tries >= (waited ? triesOfWaiting : triesOfWork)) return false;
  }
}

function endsByTheClock(run: () => void, timeout: number): boolean {
  timed.run = run;
  try {
    script.runInContext(context, { timeout });
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
  try {
    if (isSmall && isPlain) validate(value);
    else if (!endsInTime(() => void validate(value)))
      return [{ code: 'too-slow', pointer: '', message: `could not be judged by the schema within ${timeLimitMs} ms` }];
  } catch (error) {
    // The stack is at its end. Only references may call each other so often.
    if (!(error instanceof RangeError)) throw error;
    return [{ code: 'too-deep', pointer: '', message: 'could not be judged by the schema, whose references lead on without end' }];
  }
  const errors = validate.errors ?? [];
  const hasLongPath = errors.some(({ instancePath }) => instancePath.length > longPath);
  return errors.slice(0, hasLongPath ? 1 : maxIssues).map(issueOf);
}
