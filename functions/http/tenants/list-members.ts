import { z } from 'zod';
import { listMembers } from '../../../shared/tenant-admin/list-members.ts';
import { Member } from '../../../shared/tenant/tenant.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { pageOf, pageQuery } from '../../middleware/parameters/paging.ts';
import { TenantPath } from '../../middleware/parameters/tenant-path.ts';

export const operation = defineOperation({
  id: 'listMembers',
  method: 'GET',
  path: '/api/tenants/{id}/members',
  tag: 'Tenants',
  summary: 'List the members of a tenant',
  params: TenantPath,
  query: z.strictObject(pageQuery),
  responses: { 200: { description: 'One page of members, by subject', schema: pageOf(Member).meta({ id: 'MemberPage' }) } },
  problems: ['mc:tenant:not-found'],
  async handle({ deps, actor, params, query }) {
    return { status: 200, json: await listMembers(deps, actor, { tenant: params.id, ...given(query) }) };
  },
});

export const handler = lambda(operation);
