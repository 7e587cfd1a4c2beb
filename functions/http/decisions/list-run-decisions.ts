import { z } from 'zod';
import { listRunDecisions, RunDecisionPage } from '../../../shared/execution/read/list-run-decisions.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { ExecutionPath } from '../../middleware/parameters/execution-path.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { pageQuery } from '../../middleware/parameters/paging.ts';

export const operation = defineOperation({
  id: 'listRunDecisions',
  method: 'GET',
  path: '/api/executions/{id}/decisions',
  tag: 'Executions',
  summary: 'List every decision about a run',
  description:
    'The decision that let it start, then those about where each attempt was placed, what began and how its results were stored.',
  params: ExecutionPath,
  query: z.strictObject(pageQuery),
  responses: {
    200: {
      description: 'The decisions of some attempts; a page of `limit` attempts holds up to three times as many decisions',
      schema: RunDecisionPage,
    },
  },
  problems: ['mc:execution:not-found', 'mc:execution:purged', 'mc:decision:not-found'],
  async handle({ deps, actor, params, query }) {
    return { status: 200, json: await listRunDecisions(deps, actor, { id: params.id, ...given(query) }) };
  },
});

export const handler = lambda(operation);
