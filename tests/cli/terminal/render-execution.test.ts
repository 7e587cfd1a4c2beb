import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { allowanceOfDecision } from '../../../cli/terminal/render-allowance.ts';
import { renderExecution } from '../../../cli/terminal/render-execution.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import type { Decision } from '../../../shared/decision/decision.ts';
import { Execution } from '../../../shared/execution/execution.ts';
import { buildDecision, overBudget } from '../../support/build-decision.ts';

const id = 'exec_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const digest = digestBytes('a');
const execution = Execution.parse({
  id,
  state: 'running',
  workflow: { name: 'audit', version: '1.0.0', digest },
  region: 'US',
  sandbox: 'bubblewrap',
  createdAt: '2026-11-21T10:00:00.000Z',
  createdBy: 'admin@example.com',
  startedAt: null,
  endedAt: null,
  estimatedCostUsdMicros: 120,
  actualCostUsdMicros: null,
  decisionId: 'dec_01ARZ3NDEKTSV4RRFFQ69G5FAV',
  receiptId: null,
  error: null,
  cancellation: null,
  retryOf: null,
  replayOf: null,
  retriedBy: null,
  outputs: null,
  tasks: [
    {
      id: 'report',
      uses: 'pkg:demo/echo@1.0.0',
      packageDigest: digest,
      state: 'blocked',
      needs: ['read'],
      attempts: [],
      outputsDigest: null,
      reusedFrom: null,
      costUsdMicros: 0,
      compensation: 'none',
      compensationAttempts: [],
    },
  ],
});

const warning = { ...overBudget, effect: 'warn', rule: 'budget.near_limit' } as const;

/** A decision about an attempt of the task of the golden input. */
function attempt(point: Decision['point'], entries: Parameters<typeof buildDecision>[1]): Decision {
  const made = buildDecision({ point, executionId: id }, entries);
  return { ...made, input: { ...made.input, task: made.input.workflow.tasks[0] ?? null } };
}

describe('an explained run', () => {
  const decision = buildDecision({ executionId: id }, [warning]);
  const render = (attempts: Decision[]): string =>
    stripVTControlCharacters(renderExecution(execution, { decision, attempts, now: allowanceOfDecision(decision) }));

  test('says what each task waits for, which decision let it start, and what is left now', () => {
    expect(render([])).toMatch(/report: waits for read\n\nAllowed with warnings at start[^]*\nnow\n {2}quota [^]*\n {2}budget /);
  });

  test('counts what was allowed about attempts, and shows a denial of one with its task and its reasons', () => {
    const text = render([attempt('place', []), attempt('task', []), attempt('write', [{ ...overBudget, rule: 'access.attempt' }])]);
    expect(text).toContain('2 decisions about attempts (place, task, write) allowed');
    expect(text).toMatch(/task report: Denied at write by policy[^]*access\.attempt: [^]*fix +Wait for the next day/);
  });

  test('does not repeat a reason that was shown before', () => {
    const text = render([attempt('task', [warning]), attempt('write', [warning])]);
    expect(text.match(new RegExp(warning.solution, 'g'))).toHaveLength(1);
    expect(text).toContain('task report: at task the same as above: budget.near_limit');
  });

  test('a sealed run says how its receipt is had', () => {
    const sealed = renderExecution({ ...execution, receiptId: 'rcpt_01ARZ3NDEKTSV4RRFFQ69G5FAV' });
    expect(sealed).toContain(`receipt rcpt_01ARZ3NDEKTSV4RRFFQ69G5FAV: maestro receipt ${execution.id}`);
  });

  test('a compensation is pending until it is done, but in a run that succeeded', () => {
    const tasks = execution.tasks.map((task) => ({ ...task, compensation: 'pending' as const }));
    expect(renderExecution({ ...execution, state: 'succeeded', tasks })).toMatch(/COMPENSATION[^]*not needed/);
    expect(renderExecution({ ...execution, state: 'compensating', tasks })).toMatch(/COMPENSATION[^]*pending/);
  });

  test('without an explanation has neither decision nor reasons', () => {
    expect(stripVTControlCharacters(renderExecution(execution))).not.toMatch(/policy|waits/);
  });
});

describe('the outputs of a run', () => {
  const render = (value: string): string => stripVTControlCharacters(renderExecution({ ...execution, outputs: { text: value } }));

  test('stand in a line each, by their beginning', () => {
    expect(render('a \n b')).toContain('\ntext    a ⏎ b');
    expect(render('x'.repeat(201))).toMatch(/\ntext {4}x{200}…$/u);
    expect(render('x'.repeat(200))).toMatch(/\ntext {4}x{200}$/u);
  });

  test('are shown at once, also a megabyte of white space', () => {
    const startedMs = performance.now();
    expect(render(`${' '.repeat(1_000_000)}x`)).toContain('…');
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
