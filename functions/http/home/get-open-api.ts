import { z } from 'zod';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

const Document = z.looseObject({ openapi: z.string() }).meta({ id: 'OpenApiDocument', description: 'An OpenAPI 3.1 document' });

let text: string | undefined;

export const operation = defineOperation({
  id: 'getOpenApi',
  method: 'GET',
  path: '/openapi.json',
  tag: 'Home',
  summary: 'Get this interface as OpenAPI 3.1',
  responses: { 200: { description: 'The OpenAPI document', schema: Document } },
  async handle({ deps }) {
    // The registry holds this operation, so it can only be loaded once this module is there.
    const [{ operations }, { buildOpenApi }] = await Promise.all([import('../index.ts'), import('../../openapi/build-openapi.ts')]);
    text ??= JSON.stringify(buildOpenApi(operations, deps.config.version));
    return { status: 200, bytes: text, mediaType: 'application/json', headers: { 'cache-control': 'public, max-age=300' } };
  },
});

export const handler = lambda(operation);
