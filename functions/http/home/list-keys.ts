import { z } from 'zod';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

const ListedKey = z.strictObject({
  keyId: z.string().describe('`SHA256:<base64>` over the OpenSSH form of the key; the `keyid` of signatures'),
  pem: z.string().describe('SubjectPublicKeyInfo in PEM; what `cosign --key` takes'),
  use: z.literal('receipts'),
});

export const operation = defineOperation({
  id: 'listKeys',
  method: 'GET',
  path: '/api/keys',
  tag: 'Home',
  summary: 'List the public keys that receipts verify with',
  responses: { 200: { description: 'Public keys', schema: z.strictObject({ keys: z.array(ListedKey) }).meta({ id: 'KeyList' }) } },
  async handle({ deps }) {
    const { keyId, pem } = await deps.signer.publicKey();
    return { status: 200, json: { keys: [{ keyId, pem, use: 'receipts' }] } };
  },
});

export const handler = lambda(operation);
