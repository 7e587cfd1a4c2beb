import { z } from 'zod';
import { openWithheld } from '../../../shared/evidence/disclosure/open-withheld.ts';
import { Piece, pieceOf } from '../../../shared/evidence/piece.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { ExecutionPath } from '../../middleware/parameters/execution-path.ts';

const mediaType = 'application/x-ndjson';

export const operation = defineOperation({
  id: 'openWithheld',
  method: 'POST',
  path: '/api/executions/{id}/openings',
  tag: 'Executions',
  summary: 'Open what was withheld from a disclosure pack',
  description:
    'Each withheld value of one part of the pack with the salt that proves it, so that `maestro verify PACK --openings FILE` can hold it against its commitment, and the ' +
    'original against the receipt. For who may see personal data; each use is an audit event with its reason.',
  params: ExecutionPath,
  body: {
    kind: 'json',
    schema: z
      .strictObject({
        part: z.int().nonnegative().max(100_000).default(0).describe('The part of the pack'),
        offset: Piece.shape.offset,
        length: Piece.shape.length,
        reason: z.string().trim().min(3).max(500).describe('Why it is opened, and for whom'),
      })
      .meta({ id: 'OpenWithheld' }),
    required: true,
    maxBytes: 16 * 1024,
  },
  responses: {
    200: {
      description: 'One opening a line',
      mediaType,
      headers: { 'x-disclosure-parts': 'How many parts have openings', 'x-disclosure-part-bytes': 'Size of the openings of this part' },
    },
  },
  problems: ['mc:execution:not-found', 'mc:execution:purged', 'mc:execution:not-sealed', 'mc:disclosure:part-unknown'],
  async handle({ deps, actor, params, body }) {
    const { offset, length, ...request } = body;
    const { parts, text } = await openWithheld(deps, actor, { id: params.id, ...request });
    const whole = Buffer.from(text);
    const bytes = pieceOf(whole, { offset, ...given({ length }) });
    return {
      status: 200,
      bytes,
      mediaType,
      headers: { 'x-disclosure-parts': String(parts), 'x-disclosure-part-bytes': String(whole.byteLength) },
    };
  },
});

export const handler = lambda(operation);
