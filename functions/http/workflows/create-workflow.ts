import { Manifest, manifestLimits } from '../../../shared/manifest/manifest.ts';
import { createWorkflow } from '../../../shared/manifest/create-workflow.ts';
import { Workflow } from '../../../shared/manifest/workflow.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

const example = { name: 'hello', version: '1.0.0', tasks: [{ id: 'greet', uses: 'pkg:demo/echo@1.0.0', with: { message: 'Hello' } }] };

const found = { schema: Workflow, headers: { location: 'Path of the workflow version' }, leadsTo: ['getWorkflow', 'publishWorkflow'] };

export const operation = defineOperation({
  id: 'createWorkflow',
  method: 'POST',
  path: '/api/workflows',
  tag: 'Workflows',
  summary: 'Store a manifest as a draft',
  description:
    'Checks the whole manifest and stores it as a draft of its version. The same manifest again answers the draft that is there.',
  body: {
    kind: 'text',
    mediaTypes: ['application/yaml', 'application/json'],
    maxBytes: manifestLimits.bytes,
    documents: Manifest,
    example,
  },
  responses: {
    200: { description: 'This draft was there already', ...found },
    201: { description: 'The draft was stored', ...found },
  },
  problems: ['mc:manifest:invalid', 'mc:manifest:too-large', 'mc:workflow:version-conflict', 'mc:store:conflict'],
  async handle({ deps, actor, body, mediaType }) {
    const { workflow, created } = await createWorkflow(deps, actor, { text: body, mediaType });
    return { status: created ? 201 : 200, json: workflow, headers: { location: `/api/workflows/${workflow.id}` } };
  },
});

export const handler = lambda(operation);
