import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { ApiProblem } from '../../../cli/client/api-problem.ts';
import { toFailure } from '../../../cli/failure.ts';
import { renderFailure } from '../../../cli/terminal/render-failure.ts';
import { denyReasons } from '../../../shared/decision/deny-reasons.ts';
import { buildDecision, overBudget } from '../../support/build-decision.ts';

const { rule, message, solution } = overBudget;

describe('a denied run on the terminal', () => {
  const decision = buildDecision({}, [overBudget]);
  const problem = { code: 'mc:policy:denied', detail: 'Denied.', deny: denyReasons(decision) };
  const render = (more: { decisionId?: string }): string =>
    stripVTControlCharacters(renderFailure(toFailure(new ApiProblem(403, { ...problem, ...more }))));

  test('says which rule denied, what it saw, what it allows and what would make it pass', () => {
    const text = render({ decisionId: decision.id });
    for (const part of [rule, message, 'got      501', 'allowed  at most 500', `fix      ${solution}`]) expect(text).toContain(part);
  });

  test('says where the whole decision is shown and how to get its signed record, when it was recorded', () => {
    const text = render({ decisionId: decision.id });
    expect(text).toContain(`maestro status ${decision.id} --explain`);
    expect(text).toContain(`maestro receipt ${decision.id} -o denial.sigstore.json`);
    expect(render({})).not.toContain('maestro status');
  });

  test('exits with 3 and keeps the id of the decision for scripts', () => {
    expect(toFailure(new ApiProblem(403, { ...problem, decisionId: decision.id }))).toMatchObject({ exit: 3, decisionId: decision.id });
  });
});
