import { toPointer } from '../../core/json/json-pointer.ts';
import type { Issue } from '../../core/issue.ts';
import { isStorableNumber, storableNumbers } from '../../port/table-rules.ts';
import { manifestLimits } from '../manifest.ts';

type Path = readonly PropertyKey[];

function problemOf(value: unknown, path: Path): Issue | undefined {
  const pointer = toPointer(path);
  if (path.length >= manifestLimits.depth) {
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
function checkStorable(value: unknown, path: Path): Issue[] {
  if (typeof value !== 'number' || !Number.isFinite(value) || isStorableNumber(value)) return [];
  const message = `${value} is beyond the numbers that a table stores`;
  return [
    {
      code: 'number',
      pointer: toPointer(path),
      message,
      got: String(value),
      allowed: storableNumbers,
      fix: 'Write it as text, in quotes.',
    },
  ];
}

/**
 * Values that no recursive reader and no canonical form may meet: too deep (only the first is reported, and nothing below it is read),
 * text without a UTF-8 form, numbers JSON does not have (and those that a table does not, of what `isStored` in it), and a key that changes an
 * object's prototype.
 */
export function checkShape(root: unknown, base: Path = [], { isStored = false } = {}): Issue[] {
  const issues: Issue[] = [];
  const open: { value: unknown; path: Path }[] = [{ value: root, path: base }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, path } = next;
    const issue = problemOf(value, path);
    if (issue?.code === 'depth') return [issue];
    if (issue) issues.push(issue);
    if (isStored) issues.push(...checkStorable(value, path));
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, entry] of Object.entries(value).reverse()) {
      const below = [...path, key];
      if (key === '__proto__')
        issues.push({ code: 'key', pointer: toPointer(below), message: '__proto__ can not be a key', fix: 'Use another name.' });
      else if (!key.isWellFormed())
        issues.push({
          code: 'text',
          pointer: toPointer(path),
          message: 'a key holds half of a surrogate pair',
          allowed: 'valid Unicode',
          fix: 'Remove the broken character.',
        });
      else open.push({ value: entry, path: below });
    }
  }
  return issues;
}
