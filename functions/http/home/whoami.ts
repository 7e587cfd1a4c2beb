import { z } from 'zod';
import { Role } from '../../../shared/tenant/actor.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';
import { readers } from '../../middleware/roles.ts';

const Identity = z.strictObject({ subject: z.string(), tenant: z.string(), roles: z.array(Role) }).meta({ id: 'Identity' });

export const operation = defineOperation({
  id: 'whoami',
  method: 'GET',
  path: '/api/whoami',
  tag: 'Home',
  summary: 'Show whose token this is',
  roles: readers,
  responses: { 200: { description: 'The caller as the home sees it', schema: Identity } },
  async handle({ actor }) {
    return { status: 200, json: { subject: actor.sub, tenant: actor.tenant, roles: actor.roles } };
  },
});

export const handler = lambda(operation);
