import { z } from 'zod';
import { LegalHold } from '../../../shared/retention/hold/legal-hold.ts';
import { listHolds } from '../../../shared/retention/hold/list-holds.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { pageOf, pageQuery } from '../../middleware/parameters/paging.ts';
import { TenantPath } from '../../middleware/parameters/tenant-path.ts';

export const operation = defineOperation({
  id: 'listHolds',
  method: 'GET',
  path: '/api/tenants/{id}/holds',
  tag: 'Retention',
  summary: 'List the legal holds of a tenant',
  params: TenantPath,
  query: z.strictObject(pageQuery),
  responses: {
    200: {
      description: 'One page of holds, the newest first, with those that were released',
      schema: pageOf(LegalHold).meta({ id: 'HoldPage' }),
    },
  },
  problems: ['mc:tenant:not-found'],
  async handle({ deps, actor, params, query }) {
    return { status: 200, json: await listHolds(deps, actor, { tenant: params.id, ...given(query) }) };
  },
});

export const handler = lambda(operation);
