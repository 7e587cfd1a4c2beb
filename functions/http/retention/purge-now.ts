import { PurgeAnswer, purgeNow, PurgeRequest } from '../../../shared/retention/purge-now.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';
import { TenantPath } from '../../middleware/parameters/tenant-path.ts';

/** An id and a sentence. */
const maxBytes = 8 * 1024;

export const operation = defineOperation({
  id: 'purgeNow',
  method: 'POST',
  path: '/api/tenants/{id}/purges',
  tag: 'Retention',
  summary: 'Purge what is due, or tell what that would be',
  description:
    'The home does the same by itself, every hour on one machine and every night on AWS. Nothing becomes due by asking, and what a legal hold keeps stays: for a single run that is a refusal with its reason. Nothing goes while the clock of the home stands more than 7 days from its last round.',
  params: TenantPath,
  body: { kind: 'json', schema: PurgeRequest, required: true, maxBytes },
  responses: { 200: { description: 'What went, or what would go', schema: PurgeAnswer } },
  problems: [
    'mc:tenant:not-found',
    'mc:execution:not-found',
    'mc:execution:purged',
    'mc:retention:held',
    'mc:retention:not-due',
    'mc:retention:clock-moved',
    'mc:store:conflict',
  ],
  async handle({ deps, actor, params, body }) {
    return { status: 200, json: await purgeNow(deps, actor, { tenant: params.id, request: body }) };
  },
});

export const handler = lambda(operation);
