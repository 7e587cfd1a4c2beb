import { z } from 'zod';
import { McError } from '../../../shared/core/errors.ts';
import { getReceipt, getReceiptIdentity } from '../../../shared/execution/read/get-receipt.ts';
import { readReceipt } from '../../../shared/execution/read/read-receipt.ts';
import { Bundle } from '../../../shared/receipt/bundle.ts';
import { bundleMediaType } from '../../../shared/receipt/media-types.ts';
import { IdentityBundle } from '../../../shared/receipt/identity-bundle.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';
import { ExecutionPath } from '../../middleware/parameters/execution-path.ts';
import { statementForm } from '../../middleware/parameters/statement-form.ts';

const part = z
  .enum(['bundle', 'outputs'])
  .default('bundle')
  .describe('The signed bundle, or the outputs document that is its first subject');

export const operation = defineOperation({
  id: 'getReceipt',
  method: 'GET',
  path: '/api/executions/{id}/receipt',
  tag: 'Executions',
  summary: 'Get the signed receipt of a finished run',
  description:
    'A sigstore bundle with its entry in the transparency log. Stock cosign verifies it offline with the key of GET /api/keys and the trusted root.',
  params: ExecutionPath,
  query: z.strictObject({ part, form: statementForm }),
  responses: {
    200: {
      description: 'The bundle, or the outputs document, byte for byte as signed',
      schema: z.union([Bundle, IdentityBundle]),
      mediaType: bundleMediaType,
      alternatives: { 'application/json': z.record(z.string(), z.json()) },
      headers: { 'x-receipt-id': 'Id of the receipt' },
    },
  },
  problems: ['mc:execution:not-found', 'mc:execution:purged', 'mc:execution:not-sealed', 'mc:log:behind', 'mc:log:damaged'],
  async handle({ deps, actor, params, query }) {
    if (query.part === 'outputs') {
      const { receiptId, outputsDocument } = await readReceipt(deps, actor, params.id);
      if (outputsDocument === null) throw new McError('mc:execution:purged', `the outputs of ${params.id} were purged; its receipt stays`);
      return { status: 200, bytes: outputsDocument, mediaType: 'application/json', headers: { 'x-receipt-id': receiptId } };
    }
    const { receiptId, bundle } = await (query.form === 'identity' ? getReceiptIdentity : getReceipt)(deps, actor, params.id);
    return { status: 200, bytes: JSON.stringify(bundle), mediaType: bundleMediaType, headers: { 'x-receipt-id': receiptId } };
  },
});

export const handler = lambda(operation);
