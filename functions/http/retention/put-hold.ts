import { LegalHold } from '../../../shared/retention/hold/legal-hold.ts';
import { putHold, PutHold } from '../../../shared/retention/hold/put-hold.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';
import { TenantPath } from '../../middleware/parameters/tenant-path.ts';

/** A scope and a sentence. */
const maxBytes = 8 * 1024;

export const operation = defineOperation({
  id: 'putHold',
  method: 'POST',
  path: '/api/tenants/{id}/holds',
  tag: 'Retention',
  summary: 'Put a legal hold on a tenant, a workflow or a run',
  description: 'From the answer on, nothing that it covers begins to be purged. A purge that runs keeps what it has not taken yet.',
  params: TenantPath,
  body: { kind: 'json', schema: PutHold, required: true, maxBytes },
  responses: { 201: { description: 'The hold', schema: LegalHold } },
  problems: ['mc:tenant:not-found', 'mc:execution:not-found', 'mc:execution:purged', 'mc:store:conflict'],
  async handle({ deps, actor, params, body }) {
    return { status: 201, json: await putHold(deps, actor, { tenant: params.id, hold: body }) };
  },
});

export const handler = lambda(operation);
