import { archiveLimits } from '../../../policy/engine/untar.ts';
import { PushedPolicyPack } from '../../../shared/policy-catalog/policy-pack.ts';
import { pushPack } from '../../../shared/policy-catalog/push-pack.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

export const operation = defineOperation({
  id: 'pushPolicyPack',
  method: 'POST',
  path: '/api/policy-packs',
  tag: 'Policy',
  summary: 'Publish a policy pack of the tenant',
  description:
    'Takes a bundle of OPA (`bundle.tar.gz` with WebAssembly), signed ES256 with a key that the tenant registered. It is tried on its own examples, signed by the home, and judges every request of the tenant from then on, beside the shipped packs. The same bytes again change nothing.',
  body: { kind: 'bytes', mediaTypes: ['application/gzip', 'application/octet-stream'], maxBytes: archiveLimits.packedBytes },
  responses: {
    200: { description: 'The same bytes were pushed before; nothing was changed', schema: PushedPolicyPack },
    201: { description: 'The pack judges now', schema: PushedPolicyPack },
  },
  problems: ['mc:policy:bundle-refused', 'mc:policy:pack-conflict', 'mc:store:conflict', 'mc:policy:unavailable'],
  async handle({ deps, actor, body }) {
    const { record, created, warnings } = await pushPack(deps, actor, body);
    return { status: created ? 201 : 200, json: { ...record, warnings } };
  },
});

export const handler = lambda(operation);
