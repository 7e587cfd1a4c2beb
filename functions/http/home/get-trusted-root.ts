import { z } from 'zod';
import { logIdentity } from '../../../shared/log/log-identity.ts';
import { trustedRoot } from '../../../shared/receipt/trusted-root.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

const TrustedRoot = z.looseObject({ mediaType: z.string() }).meta({ id: 'TrustedRoot', description: 'A sigstore trusted root v0.1' });

export const operation = defineOperation({
  id: 'getTrustedRoot',
  method: 'GET',
  path: '/api/keys/trusted-root',
  tag: 'Home',
  summary: 'Get the trusted root for `cosign --trusted-root`',
  responses: { 200: { description: 'The trusted root', schema: TrustedRoot } },
  async handle({ deps }) {
    return { status: 200, json: trustedRoot([logIdentity(await deps.logKey.publicKey())]) };
  },
});

export const handler = lambda(operation);
