import { PublishedKeys, publishKeys } from '../../../shared/keys/published-keys.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

export const operation = defineOperation({
  id: 'listKeys',
  method: 'GET',
  path: '/api/keys',
  tag: 'Home',
  summary: 'List the public keys that receipts verify with',
  description: 'The key that signs now comes first. The others signed before it, or will after it; what they signed verifies for ever.',
  responses: { 200: { description: 'Public keys', schema: PublishedKeys } },
  async handle({ deps }) {
    return { status: 200, json: { keys: await publishKeys(deps) } };
  },
});

export const handler = lambda(operation);
