import { z } from 'zod';
import { openWithheld } from '../../../shared/evidence/disclosure/open-withheld.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
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
        reason: z.string().trim().min(3).max(500).describe('Why it is opened, and for whom'),
      })
      .meta({ id: 'OpenWithheld' }),
    required: true,
    maxBytes: 16 * 1024,
  },
  responses: { 200: { description: 'One opening a line', mediaType, headers: { 'x-disclosure-parts': 'How many parts have openings' } } },
  problems: ['mc:execution:not-found', 'mc:execution:not-sealed', 'mc:disclosure:part-unknown'],
  async handle({ deps, actor, params, body }) {
    const { parts, text } = await openWithheld(deps, actor, { id: params.id, ...body });
    return { status: 200, bytes: text, mediaType, headers: { 'x-disclosure-parts': String(parts) } };
  },
});

export const handler = lambda(operation);
