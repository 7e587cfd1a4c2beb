import { z } from 'zod';
import { homeTrustedRoot } from '../../../shared/identity/home-trusted-root.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

const TrustedRoot = z.looseObject({ mediaType: z.string() }).meta({ id: 'TrustedRoot', description: 'A sigstore trusted root v0.1' });

export const operation = defineOperation({
  id: 'getTrustedRoot',
  method: 'GET',
  path: '/api/keys/trusted-root',
  tag: 'Home',
  summary: 'Get the trusted root for `cosign --trusted-root`',
  description: 'The transparency log of the home, and the authorities whose certificates and timestamps tell who signed, and when.',
  responses: { 200: { description: 'The trusted root', schema: TrustedRoot } },
  async handle({ deps }) {
    return { status: 200, json: await homeTrustedRoot(deps) };
  },
});

export const handler = lambda(operation);
