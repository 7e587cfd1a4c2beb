import { z } from 'zod';
import { listWorkflows } from '../../../shared/manifest/list-workflows.ts';
import { Manifest } from '../../../shared/manifest/manifest.ts';
import { Workflow } from '../../../shared/manifest/workflow.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { pageOf, pageQuery } from '../../middleware/parameters/paging.ts';

export const operation = defineOperation({
  id: 'listWorkflows',
  method: 'GET',
  path: '/api/workflows',
  tag: 'Workflows',
  summary: 'List workflow versions',
  description: 'Drafts and published versions: all by name and then by version, or those of one workflow, the newest first.',
  query: z.strictObject({ ...pageQuery, name: Manifest.shape.name.optional().describe('Only the versions of this workflow') }),
  responses: { 200: { description: 'One page of workflow versions', schema: pageOf(Workflow).meta({ id: 'WorkflowPage' }) } },
  async handle({ deps, actor, query }) {
    return { status: 200, json: await listWorkflows(deps, actor, given(query)) };
  },
});

export const handler = lambda(operation);
