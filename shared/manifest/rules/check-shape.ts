import { toPointer } from '../../core/json/json-pointer.ts';
import type { Issue } from '../../core/issue.ts';
import { isStorableNumber, storableNumbers } from '../../port/table-rules.ts';
import { manifestLimits } from '../manifest.ts';

type Path = readonly PropertyKey[];

/** A value to look at; the pointer grows with it, because a value below a long key has a path that nobody should copy for each of its neighbours. */
interface Found {
  value: unknown;
  pointer: string;
  depth: number;
}

/** Of a value whose pointer is over the limit; it is found at what it stands in. */
export function longPathIssue(pointer: string): Issue {
  return {
    code: 'path',
    pointer: pointer.slice(0, pointer.lastIndexOf('/')),
    message: 'the names on the way to a value in here are too long',
    allowed: `a JSON Pointer of at most ${manifestLimits.pathCharacters} characters to every value`,
    fix: 'Shorten them, or put the data into an input file.',
  };
}

function problemOf({ value, pointer, depth }: Found): Issue | undefined {
  if (pointer.length > manifestLimits.pathCharacters) return longPathIssue(pointer);
  if (depth >= manifestLimits.depth) {
    return {
      code: 'depth',
      pointer,
      message: 'the value nests too deeply',
      allowed: `at most ${manifestLimits.depth} levels`,
      fix: 'Flatten it, or put the data into an input file.',
    };
  }
  if (typeof value === 'string' && !value.isWellFormed()) {
    return {
      code: 'text',
      pointer,
      message: 'the text holds half of a surrogate pair, which has no UTF-8 form',
      allowed: 'valid Unicode',
      fix: 'Remove the broken character.',
    };
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return {
      code: 'number',
      pointer,
      message: `${value} is not a number that JSON can carry`,
      got: String(value),
      allowed: 'a finite number',
      fix: 'Write it as text, in quotes.',
    };
  }
  return undefined;
}

/** A manifest and what it declares stand in the table as they are. */
function checkStorable({ value, pointer }: Found): Issue[] {
  if (typeof value !== 'number' || !Number.isFinite(value) || isStorableNumber(value)) return [];
  const message = `${value} is beyond the numbers that a table stores`;
  return [
    {
      code: 'number',
      pointer,
      message,
      got: String(value),
      allowed: storableNumbers,
      fix: 'Write it as text, in quotes.',
    },
  ];
}

/** Whether the value of a shape with such an issue is to be read no further. */
export function isUnreadable({ code }: Issue): boolean {
  return code === 'depth' || code === 'path';
}

/**
 * Values that no recursive reader and no canonical form may meet: too deep or with too long a way to them (only the first is reported, and nothing below it is read),
 * text without a UTF-8 form, numbers JSON does not have (and those that a table does not, of what `isStored` in it), and a key that changes an
 * object's prototype.
 */
export function checkShape(root: unknown, base: Path = [], { isStored = false } = {}): Issue[] {
  const issues: Issue[] = [];
  const open: Found[] = [{ value: root, pointer: toPointer(base), depth: base.length }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, pointer, depth } = next;
    const issue = problemOf(next);
    if (issue && isUnreadable(issue)) return [issue];
    if (issue) issues.push(issue);
    if (isStored) issues.push(...checkStorable(next));
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, entry] of Object.entries(value).reverse()) {
      const below = pointer + toPointer([key]);
      if (key === '__proto__')
        issues.push({ code: 'key', pointer: below, message: '__proto__ can not be a key', fix: 'Use another name.' });
      else if (!key.isWellFormed())
        issues.push({
          code: 'text',
          pointer,
          message: 'a key holds half of a surrogate pair',
          allowed: 'valid Unicode',
          fix: 'Remove the broken character.',
        });
      else open.push({ value: entry, pointer: below, depth: depth + 1 });
    }
  }
  return issues;
}
