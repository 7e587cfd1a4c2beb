import { z } from 'zod';
import { idSchema } from '../../../shared/core/id.ts';
import { KeyRotationDetails, readRotation } from '../../../shared/rotation/rotation-view.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

export const operation = defineOperation({
  id: 'getKeyRotation',
  method: 'GET',
  path: '/api/keys/rotations/{id}',
  tag: 'Keys',
  summary: 'Show a rotation with its evidence',
  description:
    'Statements are sigstore bundles with their entry in the transparency log; cosign verifies them with the document of a key as file.',
  params: z.strictObject({ id: idSchema('rot').describe('Id of the rotation') }),
  responses: { 200: { description: 'The rotation', schema: KeyRotationDetails } },
  problems: ['mc:key:rotation-not-found', 'mc:log:behind'],
  async handle({ deps, params }) {
    return { status: 200, json: await readRotation(deps, params.id) };
  },
});

export const handler = lambda(operation);
