import { z } from 'zod';
import type { Issue } from './issue.ts';
import { toPointer } from './json/json-pointer.ts';
import { nearest } from './nearest.ts';
import { shownValue } from './text/shown-value.ts';

type ZodIssue = z.core.$ZodIssue;

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

const bounds = (issue: { inclusive?: boolean | undefined }, orEqual: string, strict: string, limit: number | bigint): string =>
  `${issue.inclusive === false ? strict : orEqual} ${limit}`;

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  if (origin === 'array' || origin === 'set') return ' entries';
  return origin === 'object' || origin === 'map' || origin === 'record' ? ' fields' : '';
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** What a value is, in the words for what is allowed. */
function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (typeof value === 'boolean') return String(value);
  return typeWords[Array.isArray(value) ? 'array' : typeof value] ?? typeof value;
}

function allowedBy(issue: ZodIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return typeWords[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.map(String).join(', ');
    case 'too_big':
      return bounds(issue, 'at most', 'less than', issue.maximum) + unitOf(issue.origin);
    case 'too_small':
      return bounds(issue, 'at least', 'more than', issue.minimum) + unitOf(issue.origin);
    case 'invalid_format':
      // A schema that names its form in words says more than its pattern.
      return wordsOfZod.test(issue.message) ? (issue.pattern ?? issue.format) : issue.message;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    default:
      return undefined;
  }
}

/** zod's own words for engineers of zod; a message that a schema gives itself does not begin like this. */
const wordsOfZod = /^(Invalid input|Invalid option|Too small|Too big|Invalid string)\b/;

const plainWords: Partial<Record<ZodIssue['code'], string>> = {
  invalid_value: 'is none of the allowed values',
  invalid_union: 'fits none of the allowed forms',
  invalid_format: 'is not in the allowed form',
  not_multiple_of: 'is not a multiple of what is allowed',
};

/** `allowed` says the bound, so the message only says what is wrong with the value. */
function messageOf(issue: ZodIssue, value: unknown): string {
  if (issue.code !== 'invalid_format' && !wordsOfZod.test(issue.message)) return issue.message;
  if (issue.code === 'invalid_type')
    return issue.expected === 'int' ? 'is not a whole number' : `is ${kindOf(value)}, not ${allowedBy(issue) ?? ''}`;
  if (issue.code === 'too_small') return unitOf(issue.origin) === '' ? 'is too small' : 'is too short';
  if (issue.code === 'too_big') return unitOf(issue.origin) === '' ? 'is too big' : 'is too long';
  return plainWords[issue.code] ?? issue.message;
}

function codeOf(issue: ZodIssue, value: unknown): string {
  if (issue.code === 'invalid_type' && value === undefined) return 'required';
  return issue.code.replaceAll('_', '-');
}

/** What a check of our own says beside its message (zod calls it the parameters of a custom issue). */
const CheckParams = z.strictObject({
  code: z.string(),
  allowed: z.string(),
  fix: z.string(),
  /** In the place of the value, where that must not be repeated. */
  got: z.string().optional(),
});
export type CheckParams = z.infer<typeof CheckParams>;

function saidByCheck(issue: ZodIssue): CheckParams | undefined {
  return issue.code === 'custom' ? CheckParams.safeParse(issue.params).data : undefined;
}

/** What to do about a value of another type, a word that is none of a list, or a number out of its range. */
function fixOf(issue: ZodIssue, value: unknown): { fix: string } | undefined {
  if (issue.code === 'invalid_type' && issue.expected === 'string' && (typeof value === 'number' || typeof value === 'boolean'))
    return { fix: 'Put it in quotes.' };
  if (issue.code === 'invalid_type' && issue.expected === 'array' && typeof value === 'string') return { fix: 'Put it in brackets: […].' };
  if (typeof value === 'number' && (issue.code === 'too_big' || issue.code === 'too_small'))
    return { fix: 'Use a number in the allowed range.' };
  if (typeof value !== 'string' || issue.code !== 'invalid_value') return undefined;
  const near = nearest(value, issue.values.map(String));
  return { fix: near === undefined ? 'Use one of the allowed values.' : `Use ${near}, if that was meant.` };
}

function toIssue(issue: ZodIssue, path: readonly PropertyKey[], root: unknown): Issue {
  const value = valueAt(root, path);
  const code = codeOf(issue, value);
  const allowed = allowedBy(issue);
  return {
    code,
    pointer: toPointer(path),
    message: code === 'required' ? 'is missing' : messageOf(issue, value),
    ...(value === undefined ? {} : { got: shownValue(value) }),
    ...(allowed === undefined ? {} : { allowed }),
    ...fixOf(issue, value),
    ...saidByCheck(issue),
  };
}

/** Every problem that a zod parse found, one issue each, with pointers into the parsed value. */
export function issuesOfZod(error: z.ZodError | z.core.$ZodError, root: unknown): Issue[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [toIssue(issue, issue.path, root)];
    return issue.keys.map((key) => ({
      code: 'unknown-field',
      pointer: toPointer([...issue.path, key]),
      message: 'is not a known field',
      fix: 'Remove it, or correct its spelling.',
    }));
  });
}
