import type { Decision } from '../../shared/decision/decision.ts';
import { explainDecision } from '../../shared/decision/explain-decision.ts';
import type { Plan, PlanAnswer } from '../../shared/plan/plan.ts';
import { paint } from './paint.ts';
import { table } from './table.ts';
import { millis, plural, shortDigest, usd } from './units.ts';

/** A plan for people: what would run, from which bytes, for how much, and whether policy lets it. */
export function renderPlan({ plan, decision }: PlanAnswer): string {
  const { name, version, digest } = plan.workflow;
  return [
    `${paint('bold', `${name}@${version}`)}  ${paint('dim', digest)}`,
    `${plural(plan.tasks.length, 'task')}, region ${plan.region}, sandbox ${renderSandbox(plan.sandbox)}, limit ${millis(plan.timeoutMs)}`,
    '',
    renderTasks(plan),
    '',
    `estimated cost ${paint('bold', usd(plan.estimatedCostUsdMicros))}`,
    ...plan.warnings.map((warning) => `${paint('yellow', 'warning')} ${warning}`),
    renderDecision(decision),
  ].join('\n');
}

function renderTasks(plan: Plan): string {
  const columns = [
    { title: 'TASK' },
    { title: 'PACKAGE' },
    { title: 'DIGEST' },
    { title: 'NEEDS' },
    { title: 'REGION' },
    { title: 'CLASS' },
    { title: 'TIME', align: 'right' as const },
    { title: 'COST', align: 'right' as const },
  ];
  const rows = plan.tasks.map((task) => [
    task.id,
    task.uses,
    paint('dim', shortDigest(task.packageDigest)),
    task.needs.join(', '),
    task.region,
    task.resourceClass,
    millis(task.estimatedMs),
    usd(task.estimatedCostUsdMicros),
  ]);
  return table(columns, rows);
}

/** The verdict in its colour, then what each rule saw and wants. */
export function renderDecision(decision: Decision): string {
  const colour = decision.verdict === 'allow' ? 'green' : decision.verdict === 'warn' ? 'yellow' : 'red';
  const [headline = '', ...reasons] = explainDecision(decision);
  return [paint(colour, headline), ...reasons.map((line) => `  ${line}`)].join('\n');
}

/** Anything below full isolation is said loudly. */
export function renderSandbox(level: Plan['sandbox']): string {
  return level === 'bubblewrap' ? level : paint(['bold', 'yellow'], `${level} (not isolated from the network)`);
}
