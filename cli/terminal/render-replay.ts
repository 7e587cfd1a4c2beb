import type { ReplayedDecision } from '../../shared/replay/replay.ts';
import type { Replay } from '../replay.ts';
import { paint } from './paint.ts';
import { table } from './table.ts';
import { dollars, plural, shortDigest } from './units.ts';

/** People read this many; `--json` has all. */
const shownGroups = 20;

interface Group {
  subject: string;
  workflow: string;
  rules: string;
  rows: ReplayedDecision[];
}

/** A replay for people: the counts, then who would have been denied what, why, and what it cost. */
export function renderReplay(replay: Replay, since: string): string {
  const { pack, digest, judged, skipped, unchanged, newlyAllowed, newlyWarned, newlyDenied } = replay;
  const headline = `${paint('bold', pack)} ${paint('dim', shortDigest(digest))} replayed over ${plural(judged, 'decision')} since ${since}`;
  const counts = [
    `  ${plural(newlyDenied.length, 'decision')} would have been ${paint('red', 'denied')} that ${newlyDenied.length === 1 ? 'was' : 'were'} allowed`,
    `  ${newlyAllowed} would have been allowed that were denied, ${newlyWarned} would have been warned`,
    `  ${unchanged} as they were${skipped > 0 ? `, ${skipped} not asked (the pack does not judge at their point)` : ''}`,
  ];
  if (newlyDenied.length === 0) return [headline, ...counts].join('\n');
  const cost = `  cost of what would have been denied: ${dollars(replay.measuredCostUSD)} measured, ${dollars(replay.estimatedCostUSD)} estimated`;
  return [headline, ...counts, cost, '', ...renderGroups(newlyDenied)].join('\n');
}

function renderGroups(rows: readonly ReplayedDecision[]): string[] {
  const groups = groupsOf(rows);
  const columns = [
    { title: 'WHO' },
    { title: 'WORKFLOW' },
    { title: 'RULES' },
    { title: 'DENIED', align: 'right' },
    { title: 'MEASURED', align: 'right' },
  ] as const;
  const lines = groups.slice(0, shownGroups).map(({ subject, workflow, rules, rows: members }) => {
    const measured = members.reduce((sum, row) => sum + (row.measuredCostUSD ?? 0), 0);
    return [subject, workflow, rules, String(members.length), dollars(measured)];
  });
  const fixes = [...new Set(rows.flatMap(({ reasons }) => reasons.map(({ rule, solution }) => `  ${rule}: ${solution}`)))];
  const more = groups.length > shownGroups ? [paint('dim', `and ${groups.length - shownGroups} more; --json has all`)] : [];
  const what = fixes.length === 0 ? [] : ['', 'What would make them pass:', ...fixes.slice(0, shownGroups)];
  return [table(columns, lines), ...more, ...what];
}

/** The same person, workflow and rules are one line, the most frequent first. */
function groupsOf(rows: readonly ReplayedDecision[]): Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const rules = row.failure === null ? [...new Set(row.reasons.map(({ rule }) => rule))].join(' ') : `no verdict: ${row.failure}`;
    const key = JSON.stringify([row.subject, row.workflow, rules]);
    const group = groups.get(key) ?? { subject: row.subject, workflow: row.workflow, rules, rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.rows.length - a.rows.length);
}
