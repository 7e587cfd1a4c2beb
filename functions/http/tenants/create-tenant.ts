import { createTenant, CreateTenant } from '../../../shared/tenant-admin/create-tenant.ts';
import { TenantDetails } from '../../../shared/tenant-admin/tenant-view.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

/** Names and a few numbers. */
const maxBytes = 8 * 1024;

export const operation = defineOperation({
  id: 'createTenant',
  method: 'POST',
  path: '/api/tenants',
  tag: 'Tenants',
  summary: 'Create a tenant',
  description: 'Only for admins of the tenant that owns the home. A name that exists is refused, whatever the other settings are.',
  body: { kind: 'json', schema: CreateTenant, required: true, maxBytes },
  responses: {
    201: {
      description: 'The tenant is there; tokens that name it are let in from now on',
      schema: TenantDetails,
      leadsTo: ['getTenant', 'changeTenant', 'listMembers', 'putMember'],
      headers: { location: 'Path of the tenant' },
    },
  },
  problems: ['mc:tenant:conflict'],
  async handle({ deps, actor, body }) {
    const tenant = await createTenant(deps, actor, body);
    return { status: 201, json: tenant, headers: { location: `/api/tenants/${tenant.id}` } };
  },
});

export const handler = lambda(operation);
