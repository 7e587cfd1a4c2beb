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

function withoutRepetition(schema: readonly Issue[], cross: readonly Issue[]): Issue[] {
  const explained = cross.map(({ pointer }) => pointer);
  const isExplained = ({ code, pointer }: Issue): boolean =>
    vagueCodes.has(code) && explained.some((place) => place === pointer || (code === 'invalid-union' && place.startsWith(`${pointer}/`)));
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
