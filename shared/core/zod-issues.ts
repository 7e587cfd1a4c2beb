import { z } from 'zod';
import type { Issue } from './issue.ts';
import { toPointer } from './json-pointer.ts';
import { nearest } from './nearest.ts';
import { shownValue } from './shown-value.ts';

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

function allowedBy(issue: ZodIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected;
    case 'invalid_value':
      return issue.values.map(String).join(', ');
    case 'too_big':
      return bounds(issue, 'at most', 'less than', issue.maximum) + unitOf(issue.origin);
    case 'too_small':
      return bounds(issue, 'at least', 'more than', issue.minimum) + unitOf(issue.origin);
    case 'invalid_format':
      return issue.pattern ?? issue.format;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    default:
      return undefined;
  }
}

function codeOf(issue: ZodIssue, value: unknown): string {
  if (issue.code === 'invalid_type' && value === undefined) return 'required';
  return issue.code.replaceAll('_', '-');
}

/** What a check of our own says beside its message (zod calls it the parameters of a custom issue). */
const CheckParams = z.strictObject({ code: z.string(), allowed: z.string(), fix: z.string() });
export type CheckParams = z.infer<typeof CheckParams>;

function saidByCheck(issue: ZodIssue): CheckParams | undefined {
  return issue.code === 'custom' ? CheckParams.safeParse(issue.params).data : undefined;
}

/** What to do about a word that is none of a list, or a number out of its range. */
function fixOf(issue: ZodIssue, value: unknown): { fix: string } | undefined {
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
    message: code === 'required' ? 'is missing' : issue.message,
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
