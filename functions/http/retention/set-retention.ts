import { RetentionView } from '../../../shared/retention/retention-view.ts';
import { setRetention, SetRetention } from '../../../shared/retention/set-retention.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';
import { TenantPath } from '../../middleware/parameters/tenant-path.ts';

/** A few numbers and a sentence. */
const maxBytes = 8 * 1024;

export const operation = defineOperation({
  id: 'setRetention',
  method: 'PATCH',
  path: '/api/tenants/{id}/retention',
  tag: 'Retention',
  summary: 'Set what is kept for how long',
  description:
    'Changes what is given and nothing else. Receipts and audit events are kept for seven years at least; logs and data no longer than their run.',
  params: TenantPath,
  body: { kind: 'json', schema: SetRetention, required: true, maxBytes },
  responses: { 200: { description: 'Days by kind and outcome, after the change', schema: RetentionView } },
  problems: ['mc:tenant:not-found', 'mc:tenant:conflict'],
  async handle({ deps, actor, params, body }) {
    return { status: 200, json: await setRetention(deps, actor, { tenant: params.id, change: body }) };
  },
});

export const handler = lambda(operation);
