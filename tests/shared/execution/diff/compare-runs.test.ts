import { describe, expect, test } from '@jest/globals';
import { digestBytes, digestJson } from '../../../../shared/core/digest.ts';
import { compareRuns, type ComparedRun } from '../../../../shared/execution/diff/compare-runs.ts';
import { Execution, type TaskView } from '../../../../shared/execution/execution.ts';
import type { Decision } from '../../../../shared/decision/decision.ts';
import { buildDecision, overBudget } from '../../../support/build-decision.ts';

const [one, other] = [digestBytes('one'), digestBytes('other')];

function task(id: string, needs: string[], change: Partial<TaskView> = {}, inputsDigest = one): TaskView {
  const times = { startedAt: '2026-11-21T10:00:00.000Z', endedAt: '2026-11-21T10:00:01.000Z' };
  const attempt = { attempt: 1, ...times, sandbox: 'simulated' as const, inputsDigest, outputsDigest: one, logDigest: null };
  return {
    id,
    uses: 'pkg:demo/echo@1.0.0',
    packageDigest: one,
    state: 'succeeded',
    needs,
    attempts: [{ ...attempt, failure: null, message: null, wallMs: 5, decisions: [], decisionsDigest: null }],
    outputsDigest: one,
    reusedFrom: null,
    costUsdMicros: 3,
    compensation: 'none',
    compensationAttempts: [],
    ...change,
  };
}

/** Two tasks whose order is not that of their names. */
const tasks = [task('a-last', ['z-first']), task('z-first', [])];

function build(change: Partial<Execution> = {}, decisions: { start?: Decision; attempts?: Decision[] } = {}): ComparedRun {
  const execution = Execution.parse({
    id: 'exec_01ARZ3NDEKTSV4RRFFQ69G5FAV',
    state: 'succeeded',
    workflow: { name: 'audit', version: '1.0.0', digest: one },
    region: 'US',
    sandbox: 'simulated',
    createdAt: '2026-11-21T10:00:00.000Z',
    createdBy: 'admin@example.com',
    startedAt: null,
    endedAt: null,
    estimatedCostUsdMicros: 120,
    actualCostUsdMicros: 6,
    decisionId: 'dec_01ARZ3NDEKTSV4RRFFQ69G5FAV',
    receiptId: null,
    error: null,
    cancellation: null,
    retryOf: null,
    replayOf: null,
    retriedBy: null,
    outputs: null,
    tasks,
    ...change,
  });
  return { execution, start: decisions.start ?? buildDecision({}, []), attempts: decisions.attempts ?? [] };
}

const about = (taskId: string, decision: Decision): Decision => {
  const planned = decision.input.workflow.tasks[0];
  if (!planned) throw new Error('the golden input has no task');
  return { ...decision, input: { ...decision.input, task: { ...planned, id: taskId } } };
};
const replaced = (...changed: TaskView[]): TaskView[] => tasks.map((task) => changed.find(({ id }) => id === task.id) ?? task);

const failedOf = (failure: string): TaskView => {
  const whole = task('z-first', []);
  return { ...whole, attempts: whole.attempts.map((attempt) => ({ ...attempt, failure, message: 'of secret things' })) };
};

describe('two runs', () => {
  test('are the same whatever they took and cost, and whoever started them', () => {
    const [attempt] = tasks[1]?.attempts ?? [];
    if (!attempt) throw new Error('no attempt');
    const slower = task('z-first', [], { costUsdMicros: 99, attempts: [{ ...attempt, wallMs: 9_000 }] });
    const b = build({ tasks: replaced(slower), actualCostUsdMicros: 102, createdBy: 'eve@example.com', estimatedCostUsdMicros: 1 });
    expect(compareRuns(build(), b)).toEqual({ isSame: true, first: null, steps: [] });
  });

  test('part in the first step in which they differ in the order in which steps run, whatever the steps are called', () => {
    const b = build({
      tasks: replaced(task('a-last', ['z-first'], { outputsDigest: other }), task('z-first', [], { outputsDigest: other })),
    });
    const { isSame, first, steps } = compareRuns(build(), b);
    expect(isSame).toBe(false);
    expect(first).toEqual({ step: 'z-first', differences: [{ aspect: 'outputs', a: one, b: other }] });
    expect(steps.map(({ step }) => step)).toEqual(['z-first', 'a-last']);
  });

  test.each([
    ['package', build({ tasks: replaced(task('z-first', [], { packageDigest: other })) }), 'z-first'],
    ['inputs', build({ tasks: replaced(task('z-first', [], {}, other)) }), 'z-first'],
    ['state', build({ tasks: replaced(task('z-first', [], { state: 'cancelled' })) }), 'z-first'],
    ['manifest', build({ workflow: { name: 'audit', version: '1.0.1', digest: other } }), 'start'],
    ['region', build({ region: 'EU' }), 'start'],
    ['sandbox', build({ sandbox: 'bubblewrap' }), 'start'],
    ['state', build({ state: 'cancelled' }), 'start'],
    ['policy', build({}, { start: buildDecision({}, [{ ...overBudget, effect: 'warn' }]) }), 'start'],
    ['policy', build({}, { attempts: [about('z-first', buildDecision({ point: 'task' }, []))] }), 'z-first'],
    ['step', build({ tasks: [...tasks, task('more', [])] }), 'more'],
    ['failure', build({ tasks: replaced(failedOf('timeout')) }), 'z-first'],
    ['compensation', build({ tasks: replaced(task('z-first', [], { compensation: 'failed' })) }), 'z-first'],
    ['failure', build({ error: { taskId: null, failure: 'outputs', message: 'no such output' } }), 'end'],
  ] as const)('differ in %s', (aspect, b, step) => {
    for (const [left, right] of [
      [build(), b],
      [b, build()],
    ] as const)
      expect(compareRuns(left, right).first).toMatchObject({ step, differences: [{ aspect }] });
  });

  test('differ in what they answered, which is told by digest', () => {
    const [ant, bee] = [{ answer: 'ant' }, { answer: 'bee' }];
    const { first } = compareRuns(build({ outputs: ant }), build({ outputs: bee }));
    expect(first).toEqual({ step: 'end', differences: [{ aspect: 'outputs', a: digestJson(ant), b: digestJson(bee) }] });
    expect(compareRuns(build({ outputs: ant }), build({ outputs: ant }))).toMatchObject({ isSame: true });
    expect(compareRuns(build({ outputs: ant }), build({ outputs: null }))).toMatchObject({ isSame: true });
  });

  test('part in the step that made them answer differently, and not in the answer', () => {
    const b = build({ tasks: replaced(task('z-first', [], { outputsDigest: other })), outputs: { answer: 'bee' } });
    const { steps } = compareRuns(build({ outputs: { answer: 'ant' } }), b);
    expect(steps.map(({ step }) => step)).toEqual(['z-first', 'end']);
  });

  test('that failed differently differ in the kind of failure of the last attempt; its words are not told', () => {
    const [a, b] = ['error', 'timeout'].map((failure) => build({ tasks: replaced(failedOf(failure)) }));
    const difference = compareRuns(a!, b!);
    expect(difference.first).toEqual({ step: 'z-first', differences: [{ aspect: 'failure', a: 'error', b: 'timeout' }] });
    expect(JSON.stringify(difference)).not.toContain('secret');
    const [ended] = failedOf('lost').attempts;
    const again = task('z-first', [], { attempts: [ended!, ...task('z-first', []).attempts] });
    expect(compareRuns(build(), build({ tasks: replaced(again) }))).toMatchObject({ isSame: true });
  });

  test('differ in price where a second of the same package costs another amount', () => {
    const start = buildDecision({}, []);
    const [planned] = start.input.workflow.tasks;
    if (!planned) throw new Error('the golden input has no task');
    const sized = (resourceClass: 'small' | 'large'): Decision => ({
      ...start,
      input: { ...start.input, workflow: { ...start.input.workflow, tasks: [{ ...planned, id: 'z-first', resourceClass }] } },
    });
    const { steps } = compareRuns(build({}, { start: sized('small') }), build({}, { start: sized('large') }));
    expect(steps).toEqual([
      { step: 'z-first', differences: [expect.objectContaining({ aspect: 'price', a: expect.stringContaining('small') })] },
    ]);
  });

  test('of which one reuses a step are the same in it when its outputs are', () => {
    const reusedFrom = 'exec_01ARZ3NDEKTSV4RRFFQ69G5FAW' as const;
    const reuse = (more: Partial<TaskView>): ComparedRun =>
      build({ tasks: replaced(task('z-first', [], { attempts: [], reusedFrom, ...more })) });
    expect(compareRuns(build(), reuse({}))).toMatchObject({ isSame: true });
    expect(compareRuns(build(), reuse({ outputsDigest: other })).first).toMatchObject({ differences: [{ aspect: 'outputs' }] });
  });
});
