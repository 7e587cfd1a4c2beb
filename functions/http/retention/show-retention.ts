import { RetentionView } from '../../../shared/retention/retention-view.ts';
import { showRetention } from '../../../shared/retention/show-retention.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';
import { TenantPath } from '../../middleware/parameters/tenant-path.ts';

export const operation = defineOperation({
  id: 'showRetention',
  method: 'GET',
  path: '/api/tenants/{id}/retention',
  tag: 'Retention',
  summary: 'See what is kept for how long',
  params: TenantPath,
  responses: { 200: { description: 'Days by kind and outcome', schema: RetentionView } },
  problems: ['mc:tenant:not-found'],
  async handle({ deps, actor, params }) {
    return { status: 200, json: await showRetention(deps, actor, params.id) };
  },
});

export const handler = lambda(operation);
