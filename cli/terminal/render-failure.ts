import type { Issue } from '../../shared/core/issue.ts';
import { indented } from '../../shared/core/text/printable.ts';
import type { DenyReason } from '../../shared/decision/decision.ts';
import type { Failure } from '../failure.ts';
import { paintError } from './paint.ts';

/** Enough to see the pattern; --json has all of them. */
const shownIssues = 50;

/** The message for people: what happened, every reason with what was got and what is allowed, then the fix. */
export function renderFailure(failure: Failure, file?: string): string {
  const lines = [`${paintError(['bold', 'red'], 'error')} ${paintError('bold', failure.code)}: ${failure.message}`];
  for (const issue of failure.issues.slice(0, shownIssues)) lines.push(...renderIssue(issue, file));
  if (failure.issues.length > shownIssues) lines.push(`  … and ${String(failure.issues.length - shownIssues)} more; --json shows all`);
  for (const reason of failure.deny) lines.push(...renderDeny(reason));
  // Every reason of a denial came with its own fix; the general one would only say to read them.
  if (failure.deny.length === 0) lines.push(`  ${paintError('cyan', 'fix')}      ${failure.fix}`);
  if (failure.decisionId !== undefined) {
    lines.push(
      `  ${paintError('cyan', 'why')}      maestro status ${failure.decisionId} --explain   what every pack saw, with quota and budget`,
    );
    lines.push(
      `  ${paintError('cyan', 'proof')}    maestro receipt ${failure.decisionId} -o denial.sigstore.json   the signed record of this denial`,
    );
  }
  if (failure.instance !== undefined) lines.push(`  ${paintError('dim', `request  ${failure.instance}`)}`);
  // What was got, and what a home says of it, may be the text of a stranger.
  return lines.map(indented).join('\n');
}

/** `file:line:column: message`, which editors and CI systems turn into links. */
function renderIssue(issue: Issue, file: string | undefined): string[] {
  // The file a bundle holds is named by the pointer, so a line without a file is only told.
  const position = file === undefined ? '' : [file, issue.line, issue.column].filter((part) => part !== undefined).join(':');
  const head = position === '' ? '  ' : `${paintError('bold', `${position}:`)} `;
  const line = file === undefined && issue.line !== undefined ? ` (line ${String(issue.line)})` : '';
  const place = issue.pointer === '' ? '' : ` at ${issue.pointer}`;
  return [
    `${head}${issue.message}${line} ${paintError('dim', `[${issue.code}${place}]`)}`,
    ...gotAllowed(issue.got, issue.allowed),
    ...solution(issue.fix),
  ];
}

function renderDeny(reason: DenyReason): string[] {
  const head = `  ${paintError('yellow', 'denied')}   ${reason.rule.startsWith(`${reason.pack}.`) ? reason.rule : `${reason.pack}.${reason.rule}`}: ${reason.message}`;
  return [head, ...gotAllowed(reason.input, reason.allowed), ...solution(reason.solution)];
}

function gotAllowed(got: string | undefined, allowed: string | undefined): string[] {
  return [...(got === undefined ? [] : [`    got      ${got}`]), ...(allowed === undefined ? [] : [`    allowed  ${allowed}`])];
}

function solution(fix: string | undefined): string[] {
  return fix === undefined ? [] : [`    fix      ${fix}`];
}
