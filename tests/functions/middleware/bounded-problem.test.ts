import { expect, test } from '@jest/globals';
import { boundedProblem, Problem } from '../../../functions/middleware/problem.ts';

const base: Problem = {
  type: 'https://maestro-conductor.dev/errors/policy-denied',
  title: 'Policy denies this',
  status: 403,
  code: 'mc:policy:denied',
  detail: 'Policy denies the run.',
  fix: 'See the reasons.',
  instance: 'req_1',
  decisionId: 'dec_1',
};
const reasons = (count: number): NonNullable<Problem['deny']> =>
  Array.from({ length: count }, (_, at) => ({
    pack: 'residency',
    rule: `residency.rule_${at}`,
    input: 'RU',
    allowed: 'EU',
    message: 'ä'.repeat(100),
    solution: 'Choose another region.',
  }));
const sizeOf = (problem: Problem): number => Buffer.byteLength(JSON.stringify(problem));

test('a problem that fits is answered whole', () => {
  const problem = { ...base, deny: reasons(3) };
  expect(boundedProblem(problem, 8_192)).toEqual(problem);
  expect(boundedProblem(problem, sizeOf(problem))).toEqual(problem);
});

test.each([500, 1_024, 8_192])('one that does not fit %i bytes keeps its first reasons, and says how many are left out', (maxBytes) => {
  const problem = { ...base, deny: reasons(100) };
  const bounded = boundedProblem(problem, maxBytes);
  const kept = bounded.deny?.length ?? 0;
  expect(kept).toBeLessThan(100);
  if (maxBytes > 1_000) expect(kept).toBeGreaterThan(0);
  expect(bounded.deny ?? []).toEqual(problem.deny.slice(0, kept));
  expect(bounded.detail).toContain(`${100 - kept} of 100 reasons are left out`);
  expect(bounded).toMatchObject({ decisionId: 'dec_1', code: 'mc:policy:denied' });
  expect(sizeOf(bounded)).toBeLessThanOrEqual(maxBytes);
  expect(Problem.parse(bounded)).toEqual(bounded);
});
