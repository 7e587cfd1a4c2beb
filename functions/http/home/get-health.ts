import { z } from 'zod';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

const Health = z.strictObject({ status: z.literal('ok'), version: z.string().describe('Version of the program') }).meta({ id: 'Health' });

/** Nothing is stored here; the read shows that the store answers. */
const probe = { pk: 'SYS#HEALTH', sk: 'PROBE' };

export const operation = defineOperation({
  id: 'getHealth',
  method: 'GET',
  path: '/healthz',
  tag: 'Home',
  summary: 'Tell whether the home works',
  description: 'Answers 200 only when the store could be read.',
  roles: 'public',
  responses: { 200: { description: 'It works', schema: Health } },
  async handle({ deps }) {
    await deps.table.get(probe);
    return { status: 200, json: { status: 'ok', version: deps.config.version } };
  },
});

export const handler = lambda(operation);
