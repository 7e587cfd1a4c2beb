import { Execution } from '../../../shared/execution/execution.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';
import { ExecutionPath } from '../../middleware/parameters/execution-path.ts';

export const operation = defineOperation({
  id: 'getExecution',
  method: 'GET',
  path: '/api/executions/{id}',
  tag: 'Executions',
  summary: 'Show one run with its tasks and attempts',
  description:
    'Of a run whose attempts say more than 1 MB, the messages of the attempts after that are cut, and their network calls are counted but not listed: `…/egress` lists them.',
  params: ExecutionPath,
  responses: { 200: { description: 'The run', schema: Execution } },
  problems: ['mc:execution:not-found', 'mc:execution:purged'],
  async handle({ deps, actor, params }) {
    return { status: 200, json: await getExecution(deps, actor, params.id) };
  },
});

export const handler = lambda(operation);
