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

/**
 * A tile of a log never changes, neither a partial one of one width. But a home that was restored begins another log under the same paths, so nobody may keep a tile
 * for longer than a day.
 */
const forADay = { 'cache-control': 'public, max-age=86400', 'cross-origin-resource-policy': 'cross-origin' };

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
    const { bytes } = await readTile(deps, `tile/${params.tilePath}`);
    return { status: 200, bytes, mediaType: 'application/octet-stream', headers: forADay };
  },
});

export const handler = lambda(operation);
