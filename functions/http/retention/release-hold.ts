import { LegalHold } from '../../../shared/retention/hold/legal-hold.ts';
import { releaseHold, ReleaseHold } from '../../../shared/retention/hold/release-hold.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';
import { TenantPath } from '../../middleware/parameters/tenant-path.ts';

/** An id and a sentence. */
const maxBytes = 8 * 1024;

export const operation = defineOperation({
  id: 'releaseHold',
  method: 'POST',
  path: '/api/tenants/{id}/hold-releases',
  tag: 'Retention',
  summary: 'Release a legal hold',
  description: 'The hold stays in the list, with who released it and why. One that was released before is answered as it is.',
  params: TenantPath,
  body: { kind: 'json', schema: ReleaseHold, required: true, maxBytes },
  responses: { 200: { description: 'The hold as it is now', schema: LegalHold } },
  problems: ['mc:tenant:not-found', 'mc:retention:not-found', 'mc:store:conflict'],
  async handle({ deps, actor, params, body }) {
    return { status: 200, json: await releaseHold(deps, actor, { tenant: params.id, release: body }) };
  },
});

export const handler = lambda(operation);
