/**
 * Pages that must exist: one for every error code and every alarm, one number for every decision record, and every page that a program or a
 * page names. A page that belongs to nothing any more is found as well.
 */
import { lineAt, type Check, type Finding, type Tree } from './tree.ts';

export const checkPages: Check = (tree) => [
  ...checkErrorPages(tree),
  ...checkRunbooks(tree),
  ...checkDecisionRecords(tree),
  ...checkMentions(tree),
];

function checkErrorPages(tree: Tree): Finding[] {
  const codes = tree.files
    .filter(({ path }) => path.startsWith('shared/core/error-catalog/'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/^\s*'mc:([a-z-]+):([a-z-]+)'/gm)].map((match) => ({
        path,
        page: `docs/errors/${match[1]}-${match[2]}.md`,
        line: lineAt(text, match.index + match[0].length),
      })),
    );
  const missing = codes
    .filter(({ page }) => !tree.find(page))
    .map(({ path, page, line }) => ({ rule: 'error-page', path, line, message: `${page} is missing: run npm run gen` }));
  const wanted = new Set(codes.map(({ page }) => page));
  const stale = tree.files.filter(({ path }) => /^docs\/errors\/(?!README\.md)[^/]+\.md$/.test(path) && !wanted.has(path));
  return [...missing, ...stale.map(({ path }) => ({ rule: 'error-page', path, message: 'no error code has this page' }))];
}

/** An alarm's name, where the stacks write it as text: `alarmName: 'mc-receipt-verify-failures'`. */
const alarmName = /\balarmName:\s*['"`]([a-z0-9-]+)['"`]/g;

function checkRunbooks(tree: Tree): Finding[] {
  const alarms = tree.files
    .filter(({ path }) => path.startsWith('stacks/'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(alarmName)].map((match) => ({ path, runbook: `docs/runbooks/${match[1]}.md`, line: lineAt(text, match.index) })),
    );
  const wanted = new Set(alarms.map(({ runbook }) => runbook));
  const stale = tree.files.filter(({ path }) => /^docs\/runbooks\/mc-[^/]+\.md$/.test(path) && !wanted.has(path));
  return [
    ...alarms
      .filter(({ runbook }) => !tree.find(runbook))
      .map(({ path, runbook, line }) => ({
        rule: 'alarm-runbook',
        path,
        line,
        message: `${runbook} is missing: an alarm tells what to do`,
      })),
    ...stale.map(({ path }) => ({ rule: 'alarm-runbook', path, message: 'no alarm has this runbook' })),
  ];
}

function checkDecisionRecords(tree: Tree): Finding[] {
  const seen = new Map<string, string>();
  return tree.files
    .filter(({ path }) => /^docs\/adr\/(?!README\.md)[^/]+\.md$/.test(path))
    .flatMap(({ path }): Finding[] => {
      const number = /^docs\/adr\/ADR-(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1];
      if (number === undefined) return [{ rule: 'adr-name', path, message: 'a decision record is named ADR-NNNN-what-was-decided.md' }];
      const other = seen.get(number);
      seen.set(number, path);
      return other === undefined ? [] : [{ rule: 'adr-number', path, message: `${number} is taken by ${other}` }];
    });
}

const mention = /\bdocs\/(?:[a-z0-9-]+\/)*[A-Za-z0-9-]+\.(?:md|json)\b/g;

function checkMentions(tree: Tree): Finding[] {
  return tree.files
    .filter(({ path }) => !path.startsWith('tests/'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(mention)]
        .filter(([page]) => !tree.find(page))
        .map((match) => ({ rule: 'page-missing', path, line: lineAt(text, match.index), message: `there is no ${match[0]}` })),
    );
}
