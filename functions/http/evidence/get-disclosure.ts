import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { McError } from '../../../shared/core/errors.ts';
import { openDisclosure } from '../../../shared/evidence/disclosure/open-disclosure.ts';
import { Piece, pieceOf } from '../../../shared/evidence/piece.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { ExecutionPath } from '../../middleware/parameters/execution-path.ts';

const mediaType = 'application/gzip';

export const operation = defineOperation({
  id: 'getDisclosure',
  method: 'GET',
  path: '/api/executions/{id}/disclosure.tgz',
  tag: 'Executions',
  summary: 'Get the disclosure pack of a finished run',
  description:
    'Receipt, provenance, bill of materials, policy decisions with their inputs and logs, in an archive that `maestro verify` checks offline. Personal data and secrets are ' +
    'withheld by the data class of the workflow. The same run gives the same bytes. A deployed home answers packs of up to 4 MB at once; the parts of a larger one, and pieces of ' +
    'a part that is larger still, are asked for by themselves and put one after the other, which is what `maestro disclosure` does.',
  params: ExecutionPath,
  query: z.strictObject({
    part: z.int().nonnegative().max(100_000).optional().describe('Only this part, from 0 on; default: all of them, one after the other'),
    offset: Piece.shape.offset,
    length: Piece.shape.length,
  }),
  responses: {
    200: {
      description: 'The pack, or the part',
      mediaType,
      headers: {
        'x-disclosure-parts': 'How many parts the pack has',
        'x-disclosure-part-bytes': 'Size of the part, when a piece of it was asked for',
      },
    },
  },
  problems: [
    'mc:execution:not-found',
    'mc:execution:purged',
    'mc:execution:not-sealed',
    'mc:disclosure:part-unknown',
    'mc:host:overloaded',
  ],
  async handle({ deps, actor, params, query }) {
    const { part, offset, length } = query;
    // The whole pack is made while it is sent, and has no size that a piece of it could be cut from.
    if (part === undefined && (offset > 0 || length !== undefined))
      throw new McError('mc:request:invalid', 'A piece is one of a part: give `part` with `offset` and `length`.');
    const { executionId, parts, chunks } = await openDisclosure(deps, actor, { id: params.id, ...given({ part }) });
    const headers = {
      'x-disclosure-parts': String(parts),
      'content-disposition': `attachment; filename="${executionId}.disclosure.tgz"`,
    };
    if (part === undefined || (offset === 0 && length === undefined)) return { status: 200, stream: chunks, mediaType, headers };
    // A part is a log at most, so it fits into memory.
    const whole = await buffer(chunks);
    const bytes = pieceOf(whole, { offset, ...given({ length }) });
    return { status: 200, bytes, mediaType, headers: { ...headers, 'x-disclosure-part-bytes': String(whole.byteLength) } };
  },
});

export const handler = lambda(operation);
