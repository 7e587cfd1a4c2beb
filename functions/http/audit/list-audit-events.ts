import { z } from 'zod';
import { AuditEvent } from '../../../shared/audit/audit-event.ts';
import { listAuditEvents } from '../../../shared/audit/list-audit-events.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { pageOf, pageQuery } from '../../middleware/parameters/paging.ts';

export const operation = defineOperation({
  id: 'listAuditEvents',
  method: 'GET',
  path: '/api/audit-events',
  tag: 'Audit',
  summary: 'List who changed what in the tenant, the newest first',
  description: 'Every change writes its event in its own transaction, so what is not listed did not happen.',
  query: z.strictObject(pageQuery),
  responses: {
    200: { description: 'One page of CloudEvents 1.0 in their JSON format', schema: pageOf(AuditEvent).meta({ id: 'AuditEventPage' }) },
  },
  async handle({ deps, actor, query }) {
    return { status: 200, json: await listAuditEvents(deps, actor, given(query)) };
  },
});

export const handler = lambda(operation);
