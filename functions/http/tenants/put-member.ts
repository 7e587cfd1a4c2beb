import { putMember, PutMember } from '../../../shared/tenant-admin/put-member.ts';
import { Member } from '../../../shared/tenant/tenant.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';
import { TenantPath } from '../../middleware/parameters/tenant-path.ts';

/** A name, a role and a sentence. */
const maxBytes = 8 * 1024;

export const operation = defineOperation({
  id: 'putMember',
  method: 'PUT',
  path: '/api/tenants/{id}/members',
  tag: 'Tenants',
  summary: 'Add a member, change its role, suspend it',
  description: 'The role stored here wins over the roles of tokens, from the next request on. A suspended member may do nothing.',
  params: TenantPath,
  body: { kind: 'json', schema: PutMember, required: true, maxBytes },
  responses: { 200: { description: 'The member as it is now', schema: Member } },
  problems: ['mc:tenant:not-found', 'mc:tenant:conflict'],
  async handle({ deps, actor, params, body }) {
    return { status: 200, json: await putMember(deps, actor, { tenant: params.id, member: body }) };
  },
});

export const handler = lambda(operation);
