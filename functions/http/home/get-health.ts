import { z } from 'zod';
import { hasCode } from '../../../shared/core/errors.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';
import { Problem, problemMediaType, toProblem } from '../../middleware/problem.ts';

const Health = z.strictObject({ status: z.literal('ok'), version: z.string().describe('Version of the program') }).meta({ id: 'Health' });

export const operation = defineOperation({
  id: 'getHealth',
  method: 'GET',
  path: '/healthz',
  tag: 'Home',
  summary: 'Tell whether the home works',
  description:
    'Answers 200 only when the store could be read and, on one machine, written within the last seconds. Else the problem says what is wrong.',
  responses: {
    200: { description: 'It works', schema: Health },
    503: { description: 'It does not: the store does not answer, or its disk is full', schema: Problem, mediaType: problemMediaType },
  },
  async handle({ deps, requestId }) {
    try {
      await deps.table.probe();
    } catch (error) {
      // Whoever watches a home knows 503; that a write has no room (507) is for those who write.
      if (!hasCode(error, 'mc:store:full')) throw error;
      return { status: 503, bytes: JSON.stringify({ ...toProblem(error, requestId), status: 503 }), mediaType: problemMediaType };
    }
    return { status: 200, json: { status: 'ok', version: deps.config.version } };
  },
});

export const handler = lambda(operation);
