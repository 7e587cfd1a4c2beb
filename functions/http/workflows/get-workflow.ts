import { z } from 'zod';
import { getWorkflow } from '../../../shared/manifest/get-workflow.ts';
import { Workflow, WorkflowRef } from '../../../shared/manifest/workflow.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

export const operation = defineOperation({
  id: 'getWorkflow',
  method: 'GET',
  path: '/api/workflows/{id}',
  tag: 'Workflows',
  summary: 'Show one workflow version',
  params: z.strictObject({ id: WorkflowRef }),
  responses: { 200: { description: 'The workflow version', schema: Workflow } },
  problems: ['mc:workflow:not-found'],
  async handle({ deps, actor, params }) {
    return { status: 200, json: await getWorkflow(deps, actor, params.id) };
  },
});

export const handler = lambda(operation);
