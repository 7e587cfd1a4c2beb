import { describeCaller, Identity } from '../../../shared/tenant/describe-caller.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

export const operation = defineOperation({
  id: 'whoami',
  method: 'GET',
  path: '/api/whoami',
  tag: 'Home',
  summary: 'Show whose token this is and what is left',
  description: 'The caller, the open executions of its tenant out of its quota, and the money of the day out of its budget.',
  responses: { 200: { description: 'The caller as the home sees it', schema: Identity } },
  async handle({ deps, actor }) {
    return { status: 200, json: await describeCaller(deps, actor) };
  },
});

export const handler = lambda(operation);
