import { z } from 'zod';
import { FileRef } from '../../../shared/manifest/file-ref.ts';
import { maxFileBytes, UploadedFile, uploadFile } from '../../../shared/execution/admit/input-files.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

export const operation = defineOperation({
  id: 'uploadFile',
  method: 'POST',
  path: '/api/files',
  tag: 'Executions',
  summary: 'Upload an input file',
  description:
    'Stores the bytes under their digest. Give `{digest, name}` of the answer as the value of a `file` input. Uploading the same bytes again is harmless.',
  query: z.strictObject({ name: FileRef.shape.name.describe('Name of the file in the workspace of tasks') }),
  body: { kind: 'bytes', mediaTypes: ['application/octet-stream'], maxBytes: maxFileBytes },
  responses: { 201: { description: 'The file is stored', schema: UploadedFile } },
  async handle({ deps, actor, query, body }) {
    return { status: 201, json: await uploadFile(deps, actor, { name: query.name, bytes: body }) };
  },
});

export const handler = lambda(operation);
