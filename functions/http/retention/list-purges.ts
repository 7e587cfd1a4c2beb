import { z } from 'zod';
import { listPurges } from '../../../shared/retention/list-purges.ts';
import { Purge } from '../../../shared/retention/purge/purge-record.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { pageOf, pageQuery } from '../../middleware/parameters/paging.ts';
import { TenantPath } from '../../middleware/parameters/tenant-path.ts';

export const operation = defineOperation({
  id: 'listPurges',
  method: 'GET',
  path: '/api/tenants/{id}/purges',
  tag: 'Retention',
  summary: 'List the purges of a tenant',
  params: TenantPath,
  query: z.strictObject(pageQuery),
  responses: { 200: { description: 'One page of purges, the newest first', schema: pageOf(Purge).meta({ id: 'PurgePage' }) } },
  problems: ['mc:tenant:not-found'],
  async handle({ deps, actor, params, query }) {
    return { status: 200, json: await listPurges(deps, actor, { tenant: params.id, ...given(query) }) };
  },
});

export const handler = lambda(operation);
