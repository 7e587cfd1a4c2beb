import { z } from 'zod';
import { StartRequest } from '../../../shared/execution/execution.ts';
import { manifestLimits } from '../../../shared/manifest/manifest.ts';
import { WorkflowRef } from '../../../shared/manifest/workflow.ts';
import { PlanAnswer } from '../../../shared/plan/plan.ts';
import { planRun } from '../../../shared/plan/plan-run.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';

/** A manifest of the largest size as a JSON string, with every other character escaped, and its inputs. */
const maxBytes = 1024 * 1024;

const { inputs, region } = StartRequest.shape;

const PlanRequest = z
  .union([
    z.strictObject({ workflow: WorkflowRef, inputs, region }),
    z.strictObject({
      manifest: z.string().min(1).max(manifestLimits.bytes).describe('Text of a manifest, YAML or JSON; it is not stored'),
      inputs,
      region,
    }),
  ])
  .meta({ id: 'PlanRequest' });

export const operation = defineOperation({
  id: 'planRun',
  method: 'POST',
  path: '/api/plan',
  tag: 'Executions',
  summary: 'Show what a run would do, cost and be allowed',
  description:
    'Resolves packages, estimates cost and asks every policy pack, without any effect. A denial is in `decision`, not in the status.',
  body: { kind: 'json', schema: PlanRequest, required: true, maxBytes },
  responses: { 200: { description: 'The plan and the decision', schema: PlanAnswer } },
  problems: [
    'mc:manifest:invalid',
    'mc:manifest:too-large',
    'mc:workflow:not-found',
    'mc:package:not-found',
    'mc:package:untrusted',
    'mc:execution:inputs-invalid',
    'mc:policy:unavailable',
    'mc:runner:refused',
  ],
  async handle({ deps, actor, body }) {
    const source = 'manifest' in body ? { manifestText: body.manifest } : { workflow: body.workflow };
    const request = given({ inputs: body.inputs, region: body.region });
    return { status: 200, json: await planRun(deps, actor, { ...source, ...request }) };
  },
});

export const handler = lambda(operation);
