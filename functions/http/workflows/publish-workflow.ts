import { z } from 'zod';
import { publishWorkflow } from '../../../shared/publish/publish-workflow.ts';
import { Workflow, WorkflowRef } from '../../../shared/manifest/workflow.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { denied } from '../../middleware/denied.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';

/** A choice of three words needs no more. */
const maxBytes = 4 * 1024;

const PublishRequest = z
  .strictObject({ bump: z.enum(['patch', 'minor', 'major']).optional().describe('Publish under the next version of this kind') })
  .meta({ id: 'PublishRequest' });

export const operation = defineOperation({
  id: 'publishWorkflow',
  method: 'POST',
  path: '/api/workflows/{id}/publish',
  tag: 'Workflows',
  summary: 'Publish a draft',
  description:
    'Makes the draft an immutable, content-addressed version and signs its release. Publishing the same content again changes nothing.',
  params: z.strictObject({ id: WorkflowRef }),
  body: { kind: 'json', schema: PublishRequest, required: false, maxBytes },
  responses: { 200: { description: 'The published version; `releaseId` names its signed release', schema: Workflow } },
  problems: [
    'mc:policy:denied',
    'mc:policy:unavailable',
    'mc:workflow:not-found',
    'mc:workflow:version-conflict',
    'mc:workflow:version-not-greater',
    'mc:manifest:invalid',
    'mc:package:not-found',
    'mc:store:conflict',
  ],
  async handle({ deps, actor, params, body }) {
    const result = await publishWorkflow(deps, actor, given({ id: params.id, bump: body?.bump }));
    return result.kind === 'denied' ? denied(result.decision, 'the publication') : { status: 200, json: result.workflow };
  },
});

export const handler = lambda(operation);
