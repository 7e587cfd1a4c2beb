import { getPack } from '../../../shared/policy-catalog/get-pack.ts';
import { PolicyPack } from '../../../shared/policy-catalog/policy-pack.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';
import { PackPath } from '../../middleware/pack-path.ts';

export const operation = defineOperation({
  id: 'getPolicyPack',
  method: 'GET',
  path: '/api/policy-packs/{id}',
  tag: 'Policy',
  summary: 'Show a policy pack',
  description:
    'Where it judges and what it reads, every rule with its fix, its data and what the tenant replaces of it, its versions with digest and signature, and examples, each of which is a test.',
  params: PackPath,
  responses: { 200: { description: 'The pack', schema: PolicyPack } },
  problems: ['mc:policy:pack-not-found', 'mc:policy:unavailable'],
  async handle({ deps, actor, params }) {
    return { status: 200, json: await getPack(deps, actor, params.id) };
  },
});

export const handler = lambda(operation);
