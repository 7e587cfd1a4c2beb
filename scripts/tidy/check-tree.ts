import { checkAmbient } from './check-ambient.ts';
import { checkCycles } from './check-cycles.ts';
import { checkExports } from './check-exports.ts';
import { checkImports } from './check-imports.ts';
import { checkLeaks } from './check-leaks.ts';
import { checkNames } from './check-names.ts';
import { checkPages } from './check-pages.ts';
import { checkSizes } from './check-sizes.ts';
import { readTree, type Check, type Finding } from './tree.ts';

const checks: readonly Check[] = [checkImports, checkCycles, checkSizes, checkExports, checkAmbient, checkNames, checkPages, checkLeaks];

/** Everything the house rules find in the checkout at `root`, ordered by path. */
export function checkTree(root: string): Finding[] {
  const tree = readTree(root);
  return checks.flatMap((check) => check(tree)).sort((a, b) => a.path.localeCompare(b.path) || (a.line ?? 0) - (b.line ?? 0));
}
