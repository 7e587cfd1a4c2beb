import { getEvidenceFile } from '../../../shared/evidence/get-evidence-file.ts';
import { linkPath, LinkQuery } from '../../../shared/evidence/link/signed-link.ts';
import { Piece } from '../../../shared/evidence/piece.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { ExecutionPath } from '../../middleware/parameters/execution-path.ts';

/** A file name as a header may hold it; names of artifacts are plain ASCII. */
const fileNameOf = (name: string): string => name.replaceAll('/', '-');

export const operation = defineOperation({
  id: 'getEvidenceFile',
  method: 'GET',
  path: linkPath,
  tag: 'Executions',
  summary: 'Open one artifact by its signed address',
  description:
    'The address comes from GET /api/executions/{id}/evidence and works as it was given out, for at most ten minutes. It needs no token.',
  params: ExecutionPath,
  query: LinkQuery.extend(Piece.shape),
  responses: {
    200: {
      description: 'The artifact, byte for byte, or the piece of it that was asked for',
      mediaType: 'application/octet-stream',
      headers: { 'x-artifact-bytes': 'Size of the whole artifact' },
    },
  },
  problems: ['mc:evidence:link-refused', 'mc:evidence:not-found', 'mc:execution:not-found', 'mc:execution:purged'],
  async handle({ deps, params, query }) {
    const { offset, length, ...link } = query;
    const piece = { offset, ...given({ length }) };
    const { name, mediaType, sizeBytes, bytes } = await getEvidenceFile(deps, params.id, link, piece);
    const headers = {
      'content-disposition': `attachment; filename="${fileNameOf(name)}"`,
      'x-artifact-bytes': String(sizeBytes),
    };
    return { status: 200, bytes, mediaType, headers };
  },
});

export const handler = lambda(operation);
