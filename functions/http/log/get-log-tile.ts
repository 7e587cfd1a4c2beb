import { z } from 'zod';
import { readTile } from '../../../shared/log/read-tile.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

const TilePath = z.strictObject({
  tilePath: z
    .string()
    .max(64)
    .regex(/^(\d|entries)\/[x\d/]{3,24}(\.p\/\d{1,3})?$/)
    .describe('Level and number of a tile, such as `0/x001/234` or `entries/000.p/17`; it holds slashes'),
});

/** A full tile never changes; browsers and proxies may keep it for a year, the longest they do. */
const forEver = { 'cache-control': 'public, max-age=31536000, immutable', 'cross-origin-resource-policy': 'cross-origin' };

export const operation = defineOperation({
  id: 'getLogTile',
  method: 'GET',
  path: '/api/log/tile/{tilePath+}',
  tag: 'Log',
  summary: 'Get a tile of the transparency log',
  description:
    'Hashes of the Merkle tree, 32 bytes each, or a bundle of entries, as C2SP tlog-tiles lays them out. A partial tile is answered for every width.',
  params: TilePath,
  responses: { 200: { description: 'The bytes of the tile', mediaType: 'application/octet-stream' } },
  problems: ['mc:log:not-found', 'mc:log:damaged'],
  async handle({ deps, params }) {
    const { bytes, isFull } = await readTile(deps, `tile/${params.tilePath}`);
    return { status: 200, bytes, mediaType: 'application/octet-stream', ...(isFull && { headers: forEver }) };
  },
});

export const handler = lambda(operation);
