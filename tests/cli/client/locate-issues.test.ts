import { describe, expect, test } from '@jest/globals';
import { ApiProblem } from '../../../cli/client/api-problem.ts';
import { withPlaces } from '../../../cli/client/locate-issues.ts';

const text = 'name: placed\nversion: 1.0.0\ninputs:\n  who: { type: string }\ntasks:\n  - id: a\n    uses: pkg:demo/absent@1.0.0\n';
const unknown = { code: 'unknown-package', pointer: '/tasks/0/uses', message: 'There is no such package.' };

const answerOf = (problem: ApiProblem): Promise<unknown> =>
  withPlaces(text, () => Promise.reject(problem)).catch((error: unknown) => error);

describe('the places of issues that the home found', () => {
  test('are those of the file; all else of the answer stays', async () => {
    const problem = new ApiProblem(422, {
      code: 'mc:package:not-found',
      detail: 'no such package',
      fix: 'Push it.',
      issues: [unknown],
      instance: 'req_1',
    });
    expect(await answerOf(problem)).toMatchObject({
      code: 'mc:package:not-found',
      status: 422,
      message: 'no such package',
      fix: 'Push it.',
      instance: 'req_1',
      issues: [{ ...unknown, line: 7, column: 11 }],
    });
  });

  test('are kept where the home has told them', async () => {
    const issues = [{ ...unknown, line: 1, column: 2 }];
    expect(await answerOf(new ApiProblem(422, { code: 'mc:manifest:invalid', issues }))).toMatchObject({ issues });
  });

  test('are not looked for in the file when the issues speak of the request', async () => {
    const problem = new ApiProblem(422, {
      code: 'mc:execution:inputs-invalid',
      issues: [{ code: 'required', pointer: '/inputs/who', message: 'is missing' }],
    });
    expect(await answerOf(problem)).toBe(problem);
  });
});
