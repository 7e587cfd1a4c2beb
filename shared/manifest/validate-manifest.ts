/** All rules of a manifest at once. The rules themselves live in the check-*.ts files beside this one. */
import type { Issue } from '../core/issue.ts';
import { boundedIssues } from './bounded-issues.ts';
import { checkDeclarations } from './rules/check-declarations.ts';
import { checkNeeds } from './rules/check-needs.ts';
import { checkRedactions } from './rules/check-redactions.ts';
import { checkReferences } from './rules/check-references.ts';
import { checkSchema } from './rules/check-schema.ts';
import { checkShape, isUnreadable } from './rules/check-shape.ts';
import { checkTasks } from './rules/check-tasks.ts';
import { outlineManifest } from './rules/manifest-outline.ts';

/** Codes of the schema that repeat, in vaguer words, what a cross rule says of the same place. */
const vagueCodes: ReadonlySet<string> = new Set(['invalid-format', 'invalid-union', 'too-big']);

/** Of all that a value stands in. */
function pointersAbove(pointer: string): string[] {
  const above: string[] = [];
  for (let end = pointer.lastIndexOf('/'); end !== -1; end = pointer.lastIndexOf('/', end - 1)) {
    above.push(pointer.slice(0, end));
    if (end === 0) break;
  }
  return above;
}

function withoutRepetition(schema: readonly Issue[], cross: readonly Issue[]): Issue[] {
  // Sets, because there may be tens of thousands of both.
  const explained = new Set(cross.map(({ pointer }) => pointer));
  const above = new Set([...explained].flatMap(pointersAbove));
  const isExplained = ({ code, pointer }: Issue): boolean =>
    vagueCodes.has(code) && (explained.has(pointer) || (code === 'invalid-union' && above.has(pointer)));
  return [...schema.filter((issue) => !isExplained(issue)), ...cross];
}

/** Every problem of a value that should be a manifest, of the schema and of the rules between fields; empty exactly when it is valid. */
export function validateManifest(value: unknown): Issue[] {
  const shape = checkShape(value, [], { isStored: true });
  if (shape.some(isUnreadable)) return shape;
  const outline = outlineManifest(value);
  const cross = [checkDeclarations, checkTasks, checkRedactions, checkNeeds, checkReferences].flatMap((check) => check(outline));
  return boundedIssues(withoutRepetition(checkSchema(value), [...shape, ...cross]));
}
