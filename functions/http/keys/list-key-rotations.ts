import { z } from 'zod';
import { KeyRotation, listRotations } from '../../../shared/rotation/rotation-view.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { pageOf, pageQuery } from '../../middleware/parameters/paging.ts';

export const operation = defineOperation({
  id: 'listKeyRotations',
  method: 'GET',
  path: '/api/keys/rotations',
  tag: 'Keys',
  summary: 'List the rotations of keys, the newest first',
  query: z.strictObject(pageQuery),
  responses: { 200: { description: 'One page of rotations', schema: pageOf(KeyRotation).meta({ id: 'KeyRotationPage' }) } },
  async handle({ deps, query }) {
    return { status: 200, json: await listRotations(deps, given(query)) };
  },
});

export const handler = lambda(operation);
