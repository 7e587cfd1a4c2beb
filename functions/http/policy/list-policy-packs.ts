import { z } from 'zod';
import { listPacks } from '../../../shared/policy-catalog/list-packs.ts';
import { PackSummary } from '../../../shared/policy-catalog/policy-pack.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { pageOf, pageQuery } from '../../middleware/parameters/paging.ts';

export const operation = defineOperation({
  id: 'listPolicyPacks',
  method: 'GET',
  path: '/api/policy-packs',
  tag: 'Policy',
  summary: 'List the policy packs that judge the tenant',
  description:
    'The packs that came with the program, and those the tenant pushed for itself, in the order of names; the version that judges now.',
  query: z.strictObject(pageQuery),
  responses: { 200: { description: 'One page of packs', schema: pageOf(PackSummary).meta({ id: 'PolicyPackPage' }) } },
  problems: ['mc:policy:unavailable'],
  async handle({ deps, actor, query }) {
    return { status: 200, json: await listPacks(deps, actor, given(query)) };
  },
});

export const handler = lambda(operation);
