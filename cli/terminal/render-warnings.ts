import type { Issue } from '../../shared/core/issue.ts';
import { paint } from './paint.ts';

/** What was accepted, but should be mended: a line each, with the fix. */
export function renderWarnings(warnings: readonly Issue[]): string[] {
  return warnings.flatMap(({ message, line, fix }) => [
    `${paint('yellow', 'warning')} ${message}${line === undefined ? '' : ` (line ${String(line)})`}`,
    ...(fix === undefined ? [] : [`  fix: ${fix}`]),
  ]);
}
