import { showTenant } from '../../../shared/tenant-admin/show-tenant.ts';
import { TenantDetails } from '../../../shared/tenant-admin/tenant-view.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';
import { TenantPath } from '../../middleware/parameters/tenant-path.ts';

export const operation = defineOperation({
  id: 'getTenant',
  method: 'GET',
  path: '/api/tenants/{id}',
  tag: 'Tenants',
  summary: 'Get a tenant: its settings and what it uses now',
  params: TenantPath,
  responses: { 200: { description: 'The tenant', schema: TenantDetails } },
  problems: ['mc:tenant:not-found'],
  async handle({ deps, actor, params }) {
    return { status: 200, json: await showTenant(deps, actor, params.id) };
  },
});

export const handler = lambda(operation);
