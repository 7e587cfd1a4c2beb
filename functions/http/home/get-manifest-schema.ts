import { z } from 'zod';
import { manifestJsonSchema } from '../../../shared/manifest/manifest-schema.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

const mediaType = 'application/schema+json';
const JsonSchema = z.looseObject({ $schema: z.string(), $id: z.string() }).meta({ id: 'JsonSchema', description: 'JSON Schema 2020-12' });

let text: string | undefined;

export const operation = defineOperation({
  id: 'getManifestSchema',
  method: 'GET',
  path: '/schemas/manifest.v1.json',
  tag: 'Home',
  summary: 'Get the JSON Schema of manifests',
  description: 'For editors: `# yaml-language-server: $schema=<home>/schemas/manifest.v1.json` as the first line of a manifest.',
  responses: { 200: { description: 'JSON Schema 2020-12 of manifest v1', schema: JsonSchema, mediaType } },
  async handle() {
    text ??= JSON.stringify(manifestJsonSchema(), null, 2);
    return { status: 200, bytes: text, mediaType, headers: { 'cache-control': 'public, max-age=300' } };
  },
});

export const handler = lambda(operation);
