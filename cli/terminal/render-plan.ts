import type { Plan, PlanAnswer } from '../../shared/plan/plan.ts';
import { paint } from './paint.ts';
import { renderDecisionInContext } from './render-decision.ts';
import { renderEstimate } from './render-estimate.ts';
import { table } from './table.ts';
import { millis, plural, shortDigest } from './units.ts';

/** A plan for people: what would run, from which bytes, for how much, and whether policy lets it. */
export function renderPlan({ plan, decision }: PlanAnswer): string {
  const { name, version, digest } = plan.workflow;
  return [
    `${paint('bold', `${name}@${version}`)}  ${paint('dim', digest)}`,
    `${plural(plan.tasks.length, 'task')}, region ${plan.region}, sandbox ${renderSandbox(plan.sandbox)}, limit ${millis(plan.timeoutMs)}`,
    '',
    renderTasks(plan),
    '',
    renderEstimate(plan),
    '',
    ...plan.warnings.map((warning) => `${paint('yellow', 'warning')} ${warning}`),
    renderDecisionInContext(decision),
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
  ];
  const rows = plan.tasks.map((task) => [
    task.id,
    task.uses,
    paint('dim', shortDigest(task.packageDigest)),
    task.needs.join(', '),
    task.region,
    task.resourceClass,
    millis(task.estimatedMs),
  ]);
  return table(columns, rows);
}

/** Anything below full isolation is said loudly. */
export function renderSandbox(level: Plan['sandbox']): string {
  if (level === 'bubblewrap-seccomp') return level;
  return paint(['bold', 'yellow'], `${level} (${level === 'bubblewrap' ? 'no system call filter' : 'not isolated from the network'})`);
}
