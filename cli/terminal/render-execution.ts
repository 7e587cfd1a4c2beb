import type { Execution, TaskView } from '../../shared/execution/execution.ts';
import type { Decision } from '../../shared/decision/decision.ts';
import { renderAllowance, type Allowance } from './render-allowance.ts';
import { renderDecisionInContext } from './render-decision.ts';
import { paint } from './paint.ts';
import { renderSandbox } from './render-plan.ts';
import { table } from './table.ts';
import { inTaskOrder } from './task-order.ts';
import { millis, usd } from './units.ts';

type State = Execution['state'] | TaskView['state'];

const looks: Record<State, { mark: string; colour: Parameters<typeof paint>[0] }> = {
  queued: { mark: '·', colour: 'dim' },
  blocked: { mark: '·', colour: 'dim' },
  ready: { mark: '○', colour: 'cyan' },
  running: { mark: '▶', colour: 'cyan' },
  compensating: { mark: '↺', colour: 'yellow' },
  succeeded: { mark: '✔', colour: 'green' },
  failed: { mark: '✘', colour: 'red' },
  skipped: { mark: '–', colour: 'dim' },
};

/** A state with its mark, such as `✔ succeeded`. */
export function renderState(state: State): string {
  const { mark, colour } = looks[state];
  return paint(colour, `${mark} ${state}`);
}

/** Why a run is as it is: the decision that let it start, and what its tenant has left now. */
export interface Explanation {
  decision: Decision;
  now: Allowance;
}

/** One execution for people; an explanation adds why it may run, every attempt, and what each waiting task waits for. */
export function renderExecution(execution: Execution, explanation?: Explanation): string {
  const { workflow } = execution;
  return [
    `${paint('bold', execution.id)}  ${renderState(execution.state)}${elapsed(execution)}`,
    `${workflow.name}@${workflow.version}, region ${execution.region}, sandbox ${renderSandbox(execution.sandbox)}, by ${execution.createdBy}`,
    ...(execution.tasks.length === 0 ? [] : ['', renderTaskTable(execution.tasks)]),
    ...(explanation === undefined ? [] : ['', ...explainTasks(execution), '', ...renderExplanation(explanation)]),
    '',
    renderCost(execution),
    ...(execution.receiptId === null ? [] : [`receipt ${execution.receiptId}`]),
    ...(execution.error === null ? [] : [renderError(execution.error)]),
    ...(execution.outputs === null ? [] : [renderOutputs(execution.outputs)]),
  ].join('\n');
}

function elapsed(execution: Execution): string {
  if (execution.endedAt === null) return '';
  return paint('dim', `  in ${millis(Date.parse(execution.endedAt) - Date.parse(execution.createdAt))}`);
}

function renderTaskTable(tasks: readonly TaskView[]): string {
  const columns = [
    { title: 'TASK' },
    { title: 'STATE' },
    { title: 'PACKAGE' },
    { title: 'ATTEMPTS', align: 'right' as const },
    { title: 'TIME', align: 'right' as const },
    { title: 'COMPENSATION' },
  ];
  return table(
    columns,
    inTaskOrder(tasks).map((task) => [
      task.id,
      renderState(task.state),
      task.uses,
      task.attempts.length === 0 ? '' : String(task.attempts.length),
      task.attempts.length === 0 ? '' : millis(task.attempts.reduce((sum, attempt) => sum + (attempt.wallMs ?? 0), 0)),
      task.compensation === 'none' ? '' : task.compensation,
    ]),
  );
}

/** The decision as it was made, then what stands now, when other runs have begun and ended. */
export function renderExplanation({ decision, now }: Explanation): string[] {
  return [renderDecisionInContext(decision), paint('dim', 'now'), ...renderAllowance(now).map((line) => `  ${line}`)];
}

function explainTasks(execution: Execution): string[] {
  const lines: string[] = [];
  const stateOf = new Map(execution.tasks.map((task) => [task.id, task.state]));
  for (const task of inTaskOrder(execution.tasks)) {
    const waiting = task.needs.filter((need) => stateOf.get(need) !== 'succeeded');
    if (task.state === 'blocked') lines.push(`${task.id}: waits for ${waiting.join(', ')}`);
    if (task.state === 'skipped')
      lines.push(`${task.id}: never ran, because ${waiting.join(', ') || 'the run ended before'} did not succeed`);
    for (const attempt of task.attempts) {
      const verdict =
        attempt.failure === null
          ? attempt.endedAt === null
            ? 'is running'
            : 'succeeded'
          : `failed (${attempt.failure}): ${attempt.message ?? ''}`;
      lines.push(
        `${task.id}: attempt ${String(attempt.attempt)} ${verdict}${attempt.wallMs === null ? '' : paint('dim', ` ${millis(attempt.wallMs)}`)}`,
      );
    }
  }
  return lines;
}

function renderCost(execution: Execution): string {
  const actual = execution.actualCostUsdMicros === null ? '' : `, actual ${paint('bold', usd(execution.actualCostUsdMicros))}`;
  return `cost estimated ${usd(execution.estimatedCostUsdMicros)}${actual}`;
}

function renderError(error: NonNullable<Execution['error']>): string {
  const place = error.taskId === null ? '' : ` in task ${error.taskId}`;
  return `${paint(['bold', 'red'], 'failed')}${place} (${error.failure}): ${error.message}`;
}

/** Long texts are shown by their beginning; --json and the outputs document have all of it. */
const shownCharacters = 200;

function renderOutputs(outputs: NonNullable<Execution['outputs']>): string {
  const rows = Object.entries(outputs).map(([name, value]) => {
    const text = (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/\s*\n\s*/g, ' ⏎ ');
    return [name, text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text];
  });
  return rows.length === 0 ? '' : `\n${table([{ title: 'OUTPUT' }, { title: 'VALUE' }], rows)}`;
}
