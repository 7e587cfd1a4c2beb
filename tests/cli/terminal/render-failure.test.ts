import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { ApiProblem } from '../../../cli/client/api-problem.ts';
import { toFailure } from '../../../cli/failure.ts';
import { renderFailure } from '../../../cli/terminal/render-failure.ts';
import { denied } from '../../../functions/middleware/denied.ts';
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

  test('names the rules in the first line already', () => {
    expect(denied(decision, 'the run')).toMatchObject({ detail: `Decision ${decision.id} denies the run: ${rule}.` });
  });

  test('exits with 3 and keeps the id of the decision for scripts', () => {
    expect(toFailure(new ApiProblem(403, { ...problem, decisionId: decision.id }))).toMatchObject({ exit: 3, decisionId: decision.id });
  });
});

describe('the fix', () => {
  test('is our own for codes that we know, and that of the home for those of a newer home', () => {
    const fix = 'Ask the home.';
    expect(toFailure(new ApiProblem(409, { code: 'mc:newer:code', fix }))).toMatchObject({ code: 'mc:newer:code', fix });
    expect(toFailure(new ApiProblem(409, { code: 'mc:newer:code' })).fix).toBe('See /docs of the home.');
    expect(toFailure(new ApiProblem(404, { code: 'mc:workflow:not-found', fix })).fix).toContain('maestro publish');
  });
});

describe('an issue about a file inside of something', () => {
  const issue = { code: 'metadata', pointer: '/policy.rego', message: 'the rule has no METADATA', line: 5 };
  const render = (file?: string): string => stripVTControlCharacters(renderFailure(toFailure(problemWith(issue)), file));
  const problemWith = (one: typeof issue): ApiProblem => new ApiProblem(422, { code: 'mc:policy:bundle-refused', issues: [one] });

  test('tells the line in words, because there is no file to jump to', () => {
    expect(render()).toContain('  the rule has no METADATA (line 5) [metadata at /policy.rego]');
    expect(render('workflow.yaml')).toContain('workflow.yaml:5: the rule has no METADATA [metadata');
  });
});
