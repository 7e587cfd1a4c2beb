import { z } from 'zod';
import { retirePack } from '../../../shared/policy-catalog/retire-pack.ts';
import { OwnPack } from '../../../shared/port/policy-engine.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

/** A sentence of a person. */
const maxBytes = 4 * 1024;

const RetirePolicyPack = z
  .strictObject({ reason: z.string().trim().min(1).max(500).describe('Why; it stands in the audit event') })
  .meta({ id: 'RetirePolicyPack' });

export const operation = defineOperation({
  id: 'retirePolicyPack',
  method: 'POST',
  path: '/api/policy-packs/{id}/retire',
  tag: 'Policy',
  summary: 'Take an own policy pack out of judging',
  description:
    'The pack judges no request from then on. Its versions, signatures and decisions stay, its rule data goes; pushing a greater version brings it back. Shipped packs cannot be retired.',
  params: z.strictObject({ id: z.string().min(1).max(64).describe('Name of the pack') }),
  body: { kind: 'json', schema: RetirePolicyPack, required: true, maxBytes },
  responses: { 200: { description: 'The version that judged until now', schema: OwnPack } },
  problems: ['mc:policy:pack-not-found', 'mc:store:conflict'],
  async handle({ deps, actor, params, body }) {
    return { status: 200, json: await retirePack(deps, actor, { name: params.id, reason: body.reason }) };
  },
});

export const handler = lambda(operation);
