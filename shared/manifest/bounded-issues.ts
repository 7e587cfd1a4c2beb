import type { Issue } from '../core/issue.ts';

/** Nobody mends more at a time, and an answer has to stay an answer. */
export const maxIssues = 500;

/** As many issues as an answer may carry; when some are left out, one more says how many. */
export function boundedIssues(issues: readonly Issue[]): Issue[] {
  if (issues.length <= maxIssues) return [...issues];
  const message = `${issues.length - maxIssues} more problems are not listed`;
  return [...issues.slice(0, maxIssues), { code: 'more', pointer: '', message, fix: 'Correct these first.' }];
}

/** As boundedIssues, of issues that are found one after the other: nothing is looked for that would not be listed. */
export function firstIssues(found: Iterable<Issue>): Issue[] {
  const issues: Issue[] = [];
  for (const issue of found) {
    if (issues.length === maxIssues)
      return [...issues, { code: 'more', pointer: '', message: 'more problems are not listed', fix: 'Correct these first.' }];
    issues.push(issue);
  }
  return issues;
}
