/** The price of a plan for people: how much, how far it may be off, from what it was learned, and why. */
import type { Plan, PlannedTask } from '../../shared/plan/plan.ts';
import { paint } from './paint.ts';
import { table } from './table.ts';
import { plural, usd } from './units.ts';

/** The total with its interval, then one line a task. */
export function renderEstimate(plan: Plan): string {
  const total = `estimated cost ${paint('bold', usd(plan.estimatedCostUsdMicros))}`;
  const interval = between(plan.estimatedCostLowUsdMicros, plan.estimatedCostHighUsdMicros);
  const columns = [
    { title: 'TASK' },
    { title: 'COST', align: 'right' as const },
    { title: 'BETWEEN' },
    { title: 'BASIS' },
    { title: 'WHY' },
  ];
  const lines = table(columns, plan.tasks.map(rowOf)).split('\n');
  return [`${total}, ${interval}`, ...lines.map((line) => `  ${line}`)].join('\n');
}

function rowOf({ id, estimatedCostUsdMicros, estimate }: PlannedTask): string[] {
  const { lowUsdMicros, highUsdMicros, basis, samples, why } = estimate;
  const source = basis === 'learned' ? `learned from ${plural(samples, 'attempt')}` : basis;
  return [id, usd(estimatedCostUsdMicros), `${usd(lowUsdMicros)} and ${usd(highUsdMicros)}`, source, paint('dim', why)];
}

function between(low: number, high: number): string {
  return `between ${usd(low)} and ${usd(high)}`;
}
