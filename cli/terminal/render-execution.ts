import { cutText } from '../../shared/core/text/cut-text.ts';
import { indented } from '../../shared/core/text/printable.ts';
import type { Execution, TaskView } from '../../shared/execution/execution.ts';
import type { Decision } from '../../shared/decision/decision.ts';
import { renderAllowance, type Allowance } from './render-allowance.ts';
import { renderDecision, renderDecisionInContext } from './render-decision.ts';
import { renderEgress } from './render-egress.ts';
import { paint } from './paint.ts';
import { renderSandbox } from './render-plan.ts';
import { table } from './table.ts';
import { inTaskOrder } from './task-order.ts';
import { millis, plural, usd } from './units.ts';

type State = Execution['state'] | TaskView['state'];

const looks: Record<State, { mark: string; colour: Parameters<typeof paint>[0] }> = {
  queued: { mark: '·', colour: 'dim' },
  blocked: { mark: '·', colour: 'dim' },
  ready: { mark: '○', colour: 'cyan' },
  running: { mark: '▶', colour: 'cyan' },
  compensating: { mark: '↺', colour: 'yellow' },
  succeeded: { mark: '✔', colour: 'green' },
  failed: { mark: '✘', colour: 'red' },
  cancelled: { mark: '■', colour: 'yellow' },
  skipped: { mark: '–', colour: 'dim' },
};

/** A state with its mark, such as `✔ succeeded`. */
export function renderState(state: State): string {
  const { mark, colour } = looks[state];
  return paint(colour, `${mark} ${state}`);
}

/** Why a run is as it is: the decision that let it start, those about its attempts, and what its tenant has left now. */
export interface Explanation {
  decision: Decision;
  attempts: readonly Decision[];
  now: Allowance;
}

/** One execution for people; an explanation adds why it may run, every attempt, and what each waiting task waits for. */
export function renderExecution(execution: Execution, explanation?: Explanation): string {
  const { workflow } = execution;
  return [
    `${paint('bold', execution.id)}  ${renderState(execution.state)}${elapsed(execution)}`,
    `${workflow.name}@${workflow.version}, region ${execution.region}, sandbox ${renderSandbox(execution.sandbox)}, by ${execution.createdBy}`,
    ...renderOrigin(execution),
    ...(execution.tasks.length === 0 ? [] : ['', renderTaskTable(execution)]),
    ...(explanation === undefined ? [] : ['', ...explainTasks(execution), '', ...renderExplanation(explanation)]),
    '',
    renderCost(execution),
    ...(execution.receiptId === null ? [] : [`receipt ${execution.receiptId}: maestro receipt ${execution.id}`]),
    ...renderEgress(execution.tasks),
    ...(execution.error === null ? [] : [renderError(execution.error)]),
    ...(execution.cancellation === null ? [] : [renderCancellation(execution)]),
    ...(execution.outputs === null ? [] : [renderOutputs(execution.outputs)]),
  ]
    .join('\n')
    .trimEnd();
}

/** Where it comes from and what came of it. */
function renderOrigin({ retryOf, replayOf, retriedBy }: Execution): string[] {
  return [
    ...(retryOf === null ? [] : [`retry of ${retryOf}`]),
    ...(replayOf === null ? [] : [`replay of ${replayOf}`]),
    ...(retriedBy === null ? [] : [`retried as ${retriedBy}`]),
  ];
}

function elapsed(execution: Execution): string {
  if (execution.endedAt === null) return '';
  return paint('dim', `  in ${millis(Date.parse(execution.endedAt) - Date.parse(execution.createdAt))}`);
}

function renderTaskTable({ tasks, state }: Execution): string {
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
      task.reusedFrom === null ? (task.attempts.length === 0 ? '' : String(task.attempts.length)) : 'reused',
      task.attempts.length === 0 ? '' : millis(task.attempts.reduce((sum, attempt) => sum + (attempt.wallMs ?? 0), 0)),
      renderCompensation(task.compensation, state),
    ]),
  );
}

/** What is pending in a run that succeeded never begins, and nobody should wait for it. */
function renderCompensation(compensation: TaskView['compensation'], state: Execution['state']): string {
  if (compensation === 'none') return '';
  return compensation === 'pending' && state === 'succeeded' ? 'not needed' : compensation;
}

/** The decision as it was made, then what stands now, when other runs have begun and ended. */
export function renderExplanation({ decision, attempts, now }: Explanation): string[] {
  const left = renderAllowance(now).map((line) => `  ${line}`);
  return [renderDecisionInContext(decision), ...renderAttempts(attempts, reasonsOf(decision)), paint('dim', 'now'), ...left];
}

/** A reason apart from where it was given. */
function reasonsOf({ packs }: Decision): string[] {
  return packs.flatMap(({ entries }) => entries.map(({ rule, got, allowed }) => [rule, got, allowed].join(' ')));
}

/** What was allowed about attempts is a number; every warning and denial is shown, whole where it says something new. */
function renderAttempts(decisions: readonly Decision[], shown: readonly string[]): string[] {
  const known = new Set(shown);
  const allowed = decisions.filter(({ verdict }) => verdict === 'allow').length;
  const others = decisions.filter(({ verdict }) => verdict !== 'allow');
  return [
    ...(allowed === 0 ? [] : [`${plural(allowed, 'decision')} about attempts (place, task, write) allowed`]),
    ...others.map((decision) => renderAttempt(decision, known)),
  ];
}

function renderAttempt(decision: Decision, known: Set<string>): string {
  const place = `task ${decision.input.task?.id ?? ''}`;
  const reasons = reasonsOf(decision);
  if (reasons.every((reason) => known.has(reason))) {
    const rules = decision.packs.flatMap(({ entries }) => entries.map(({ rule }) => rule));
    return `${place}: at ${decision.point} the same as above: ${rules.join(', ')} ${paint('dim', `(decision ${decision.id})`)}`;
  }
  for (const reason of reasons) known.add(reason);
  return `${place}: ${renderDecision(decision)}`;
}

function explainTasks(execution: Execution): string[] {
  const lines: string[] = [];
  const stateOf = new Map(execution.tasks.map((task) => [task.id, task.state]));
  for (const task of inTaskOrder(execution.tasks)) {
    const waiting = task.needs.filter((need) => stateOf.get(need) !== 'succeeded');
    if (task.reusedFrom !== null) lines.push(`${task.id}: not run again, its outputs come from ${task.reusedFrom}`);
    if (task.state === 'blocked') lines.push(`${task.id}: waits for ${waiting.join(', ')}`);
    if (task.state === 'skipped')
      lines.push(`${task.id}: never ran, because ${waiting.join(', ') || 'the run ended before'} did not succeed`);
    for (const attempt of task.attempts) {
      const verdict =
        attempt.failure === null
          ? attempt.endedAt === null
            ? 'is running'
            : 'succeeded'
          : `failed (${attempt.failure}): ${indented(attempt.message ?? '')}`;
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
  return `${paint(['bold', 'red'], 'failed')}${place} (${error.failure}): ${indented(error.message)}`;
}

/** The state follows when attempts have stopped and what succeeded is undone. */
function renderCancellation({ state, cancellation }: Execution): string {
  if (cancellation === null) return '';
  const word = state === 'cancelled' ? 'cancelled' : 'being cancelled';
  return `${paint(['bold', 'yellow'], word)} by ${cancellation.by} at ${cancellation.at}: ${indented(cancellation.reason)}`;
}

/** Long texts are shown by their beginning; --json and the outputs document have all of it. */
const shownCharacters = 200;

/** Of what is read to show them: looking for line breaks in white space takes the square of its length, and outputs may be megabytes of it. */
const readCharacters = 4 * shownCharacters;

function renderOutputs(outputs: NonNullable<Execution['outputs']>): string {
  const rows = Object.entries(outputs).map(([name, value]) => {
    const whole = typeof value === 'string' ? value : JSON.stringify(value);
    const text = cutText(whole, readCharacters).replaceAll(/\s*\n\s*/g, ' ⏎ ');
    const isCut = whole.length > readCharacters || text.length > shownCharacters;
    return [name, isCut ? `${cutText(text, shownCharacters)}…` : text];
  });
  return rows.length === 0 ? '' : `\n${table([{ title: 'OUTPUT' }, { title: 'VALUE' }], rows)}`;
}
