import { z } from 'zod';
import { Execution } from '../../../shared/execution/execution.ts';
import { listExecutions } from '../../../shared/execution/read/list-executions.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { pageOf, pageQuery } from '../../middleware/parameters/paging.ts';

export const operation = defineOperation({
  id: 'listExecutions',
  method: 'GET',
  path: '/api/executions',
  tag: 'Executions',
  summary: 'List runs, the newest first',
  query: z.strictObject(pageQuery),
  responses: { 200: { description: 'One page of runs, without their tasks', schema: pageOf(Execution).meta({ id: 'ExecutionPage' }) } },
  async handle({ deps, actor, query }) {
    return { status: 200, json: await listExecutions(deps, actor, given(query)) };
  },
});

export const handler = lambda(operation);
