import type { RunDifference } from '../../../shared/execution/diff/compare-runs.ts';
import type { Execution } from '../../../shared/execution/execution.ts';
import { paint } from '../paint.ts';
import { renderState } from '../render-execution.ts';
import { table } from '../table.ts';
import { usd } from '../units.ts';

/** Where two runs parted first, then everything else that differs. */
export function renderDifference([a, b]: readonly [Execution, Execution], { first, steps }: RunDifference): string {
  const runs = table(
    [{ title: '' }, { title: 'EXECUTION' }, { title: 'WORKFLOW' }, { title: 'STATE' }, { title: 'COST', align: 'right' }],
    [
      ['a', ...runCells(a)],
      ['b', ...runCells(b)],
    ],
  );
  if (first === null) return `${runs}\n\n${paint('green', '✔')} the same, step by step`;
  const [cause] = first.differences;
  const rows = steps.flatMap(({ step, differences }) => differences.map(({ aspect, a: left, b: right }) => [step, aspect, left, right]));
  return [
    runs,
    '',
    `${paint(['bold', 'yellow'], 'first difference')}: ${first.step}, ${cause?.aspect ?? ''}`,
    '',
    table([{ title: 'STEP' }, { title: 'DIFFERS IN' }, { title: 'A' }, { title: 'B' }], rows),
  ].join('\n');
}

function runCells({ id, workflow, state, actualCostUsdMicros }: Execution): string[] {
  return [id, `${workflow.name}@${workflow.version}`, renderState(state), actualCostUsdMicros === null ? '' : usd(actualCostUsdMicros)];
}
