import { z } from 'zod';
import { getPackBundle } from '../../../shared/policy-catalog/get-pack-bundle.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { PackPath } from '../../middleware/pack-path.ts';

const mediaType = 'application/gzip';

export const operation = defineOperation({
  id: 'getPolicyBundle',
  method: 'GET',
  path: '/api/policy-packs/{id}/bundle.tar.gz',
  tag: 'Policy',
  summary: 'Get the bundle of a policy pack',
  description: 'Byte for byte as it judges, so that stock OPA can evaluate the same rules: rules, data, module and signatures.',
  params: PackPath,
  query: z.strictObject({
    version: z.string().min(1).max(64).optional().describe('A version of the pack; default: the one that judges now'),
  }),
  responses: { 200: { description: 'The bundle', mediaType } },
  problems: ['mc:policy:pack-not-found', 'mc:policy:unavailable'],
  async handle({ deps, actor, params, query }) {
    return { status: 200, bytes: await getPackBundle(deps, actor, { name: params.id, ...given(query) }), mediaType };
  },
});

export const handler = lambda(operation);
