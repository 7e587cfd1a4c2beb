import { z } from 'zod';
import { listTenants } from '../../../shared/tenant-admin/list-tenants.ts';
import { TenantSummary } from '../../../shared/tenant-admin/tenant-view.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { pageOf, pageQuery } from '../../middleware/parameters/paging.ts';

export const operation = defineOperation({
  id: 'listTenants',
  method: 'GET',
  path: '/api/tenants',
  tag: 'Tenants',
  summary: 'List the tenants the caller may see',
  description: 'All of them for admins of the tenant that owns the home, the own one for everybody else.',
  query: z.strictObject(pageQuery),
  responses: { 200: { description: 'One page of tenants, by name', schema: pageOf(TenantSummary).meta({ id: 'TenantPage' }) } },
  async handle({ deps, actor, query }) {
    return { status: 200, json: await listTenants(deps, actor, given(query)) };
  },
});

export const handler = lambda(operation);
