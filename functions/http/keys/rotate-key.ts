import { RequestRotation, requestRotation } from '../../../shared/rotation/request-rotation.ts';
import { KeyRotation, toKeyRotation } from '../../../shared/rotation/rotation-view.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

/** A reason and a number. */
const maxBytes = 8 * 1024;

export const operation = defineOperation({
  id: 'rotateKey',
  method: 'POST',
  path: '/api/keys/rotations',
  tag: 'Keys',
  summary: 'Begin the rotation of a key',
  description:
    'Only for admins of the tenant that owns the home. The home goes on by itself: new key, statements of both keys, switch, window, verification, end of the old private half. What the old key signed verifies for ever.',
  body: { kind: 'json', schema: RequestRotation, required: true, maxBytes },
  responses: {
    202: {
      description: 'It is under way',
      schema: KeyRotation,
      leadsTo: ['getKeyRotation'],
      headers: { location: 'Path of the rotation' },
    },
  },
  problems: ['mc:key:rotation-conflict', 'mc:key:rotation-refused'],
  async handle({ deps, actor, body }) {
    const rotation = toKeyRotation(await requestRotation(deps, actor, body));
    return { status: 202, json: rotation, headers: { location: `/api/keys/rotations/${rotation.id}` } };
  },
});

export const handler = lambda(operation);
