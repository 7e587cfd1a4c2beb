import { z } from 'zod';
import { getDeletionManifest } from '../../../shared/retention/get-deletion-manifest.ts';
import { Bundle } from '../../../shared/receipt/bundle.ts';
import { bundleMediaType } from '../../../shared/receipt/media-types.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

const part = z.enum(['bundle', 'inventory']).default('bundle').describe('The signed bundle, or the inventory that is its first subject');
const params = z.strictObject({ id: z.string().min(1).max(160).describe('Id of the purge, `purge_…`') });

export const operation = defineOperation({
  id: 'getDeletionManifest',
  method: 'GET',
  path: '/api/purges/{id}/manifest',
  tag: 'Retention',
  summary: 'Get the signed deletion manifest of a purge',
  description:
    'A sigstore bundle with its entry in the transparency log. Stock cosign verifies the inventory with it, offline, as it does a receipt.',
  params,
  query: z.strictObject({ part }),
  responses: {
    200: {
      description: 'The bundle, or the inventory, byte for byte as signed',
      schema: Bundle,
      mediaType: bundleMediaType,
      alternatives: { 'application/x-ndjson': z.string() },
    },
  },
  problems: ['mc:retention:not-found', 'mc:log:behind', 'mc:log:damaged'],
  async handle({ deps, actor, params: { id }, query }) {
    const { bundle, inventory } = await getDeletionManifest(deps, actor, id);
    if (query.part === 'inventory') return { status: 200, bytes: inventory, mediaType: 'application/x-ndjson' };
    return { status: 200, bytes: JSON.stringify(bundle), mediaType: bundleMediaType };
  },
});

export const handler = lambda(operation);
