import { z } from 'zod';
import { AttemptEgress, getEgressAttestation, getEgressIdentity, listRunEgress } from '../../../shared/execution/read/get-run-egress.ts';
import { Bundle } from '../../../shared/receipt/bundle.ts';
import { bundleMediaType } from '../../../shared/receipt/media-types.ts';
import { IdentityBundle } from '../../../shared/receipt/identity-bundle.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { ExecutionPath } from '../../middleware/parameters/execution-path.ts';
import { pageOf, pageQuery } from '../../middleware/parameters/paging.ts';
import { statementForm } from '../../middleware/parameters/statement-form.ts';

const format = z
  .enum(['verdicts', 'attestation'])
  .default('verdicts')
  .describe('The verdicts as JSON, or for a finished run the signed runtime trace of all of them');

export const operation = defineOperation({
  id: 'getRunEgress',
  method: 'GET',
  path: '/api/executions/{id}/egress',
  tag: 'Executions',
  summary: 'List what became of the network calls of a run',
  description:
    'One entry for each attempt of a task that declares egress. As `attestation` it is an in-toto runtime trace about the outputs of the run, in a sigstore ' +
    'bundle: signed when it is first asked for, and the same bytes ever after.',
  params: ExecutionPath,
  query: z.strictObject({ format, form: statementForm, ...pageQuery }),
  responses: {
    200: {
      description: 'The attempts of `limit` tasks, or of fewer when they made many calls, or the bundle',
      schema: pageOf(AttemptEgress).meta({ id: 'RunEgressPage' }),
      alternatives: { [bundleMediaType]: z.union([Bundle, IdentityBundle]) },
    },
  },
  problems: ['mc:execution:not-found', 'mc:execution:purged', 'mc:execution:not-sealed', 'mc:log:behind', 'mc:log:damaged'],
  async handle({ deps, actor, params, query: { format: wanted, form, ...page } }) {
    if (wanted === 'verdicts') return { status: 200, json: await listRunEgress(deps, actor, { id: params.id, ...given(page) }) };
    const bundle = await (form === 'identity' ? getEgressIdentity : getEgressAttestation)(deps, actor, params.id);
    return { status: 200, bytes: JSON.stringify(bundle), mediaType: bundleMediaType };
  },
});

export const handler = lambda(operation);
