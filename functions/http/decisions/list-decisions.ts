import { z } from 'zod';
import { DecisionLogEntry, toLogEntry } from '../../../shared/decision/decision-log-entry.ts';
import { listDecisions } from '../../../shared/decision/decision-store.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { pageOf, pageQuery } from '../../middleware/parameters/paging.ts';

export const operation = defineOperation({
  id: 'listDecisions',
  method: 'GET',
  path: '/api/decisions',
  tag: 'Policy',
  summary: 'List recorded decisions, the newest first',
  description: 'Starts, denials and publications, as entries of an OPA decision log. Decisions about single attempts are with their run.',
  query: z.strictObject(pageQuery),
  responses: { 200: { description: 'One page of the decision log', schema: pageOf(DecisionLogEntry).meta({ id: 'DecisionLogPage' }) } },
  async handle({ deps, actor, query }) {
    const { items, ...page } = await listDecisions(deps, actor.tenant, given(query));
    return { status: 200, json: { items: items.map((decision) => toLogEntry(deps.config, decision)), ...page } };
  },
});

export const handler = lambda(operation);
