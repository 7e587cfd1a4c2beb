import { z } from 'zod';
import { EvidenceManifest } from '../../../shared/evidence/evidence-manifest.ts';
import { evidencePage, listEvidence } from '../../../shared/evidence/list-evidence.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { ExecutionPath } from '../../middleware/parameters/execution-path.ts';
import { pageQuery } from '../../middleware/parameters/paging.ts';

export const operation = defineOperation({
  id: 'listEvidence',
  method: 'GET',
  path: '/api/executions/{id}/evidence',
  tag: 'Executions',
  summary: 'List everything that a run left behind',
  description:
    'Each artifact with its digest, size and media type, and an address that opens it without a token for at most ten minutes. Who asks, and every use of an address, ' +
    'is an audit event.',
  params: ExecutionPath,
  query: z.strictObject({
    limit: z.int().min(1).max(evidencePage.max).default(evidencePage.default).describe('The artifacts of at most this many tasks'),
    cursor: pageQuery.cursor,
  }),
  responses: { 200: { description: 'The artifacts of the run and of `limit` tasks', schema: EvidenceManifest } },
  problems: ['mc:execution:not-found', 'mc:execution:purged'],
  async handle({ deps, actor, params, query, origin }) {
    return { status: 200, json: await listEvidence(deps, actor, { id: params.id, origin, ...given(query) }) };
  },
});

export const handler = lambda(operation);
