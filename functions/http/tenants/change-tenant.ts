import { shippedPacks } from '../../../policy/engine/shipped-packs.ts';
import { changeTenant, ChangeTenant } from '../../../shared/tenant-admin/change-tenant.ts';
import { TenantDetails } from '../../../shared/tenant-admin/tenant-view.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';
import { TenantPath } from '../../middleware/parameters/tenant-path.ts';

/** Rule data, which has its own, smaller limit, spelt with some room, and keys. */
const maxBytes = 128 * 1024;

export const operation = defineOperation({
  id: 'changeTenant',
  method: 'PATCH',
  path: '/api/tenants/{id}',
  tag: 'Tenants',
  summary: 'Change the settings of a tenant',
  description:
    'Changes what is given and nothing else. Admins of the tenant change its display name, rule data and policy keys; ' +
    'time zone, quota, budget and egress mode only admins of the tenant that owns the home.',
  params: TenantPath,
  body: { kind: 'json', schema: ChangeTenant, required: true, maxBytes },
  responses: { 200: { description: 'The tenant after the change', schema: TenantDetails } },
  problems: ['mc:tenant:not-found', 'mc:tenant:conflict'],
  async handle({ deps, actor, params, body }) {
    const request = { name: params.id, change: body, shippedPacks: shippedPacks.map(({ name }) => name) };
    return { status: 200, json: await changeTenant(deps, actor, request) };
  },
});

export const handler = lambda(operation);
