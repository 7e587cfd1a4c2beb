import { z } from 'zod';
import { getDecisionIdentity, getDecisionReceipt } from '../../../shared/decision/decision-receipt.ts';
import { answerAboutDecision } from '../../../shared/execution/read/answer-about-decision.ts';
import { Bundle } from '../../../shared/receipt/bundle.ts';
import { bundleMediaType } from '../../../shared/receipt/media-types.ts';
import { IdentityBundle } from '../../../shared/receipt/identity-bundle.ts';
import { DecisionPath } from '../../middleware/decision-path.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';
import { statementForm } from '../../middleware/parameters/statement-form.ts';

const format = z
  .enum(['bundle', 'dsse'])
  .default('bundle')
  .describe('`bundle` for cosign, or its DSSE envelope alone for readers of verification summaries');

export const operation = defineOperation({
  id: 'getDecisionReceipt',
  method: 'GET',
  path: '/api/decisions/{id}/receipt',
  tag: 'Policy',
  summary: 'Get the signed receipt of a decision',
  description:
    'A SLSA verification summary (VSA v1) about the manifest that was judged, with every reason of a denial and its fix. Signed when it is first asked ' +
    'for, and the same bytes ever after.',
  params: DecisionPath,
  query: z.strictObject({ format, form: statementForm }),
  responses: {
    200: {
      description: 'The bundle, or its envelope',
      schema: z.union([Bundle, IdentityBundle]),
      mediaType: bundleMediaType,
      alternatives: { 'application/vnd.dsse.envelope.v1+json': Bundle.shape.dsseEnvelope },
    },
  },
  problems: ['mc:decision:not-found', 'mc:decision:purged', 'mc:log:behind', 'mc:log:damaged'],
  async handle({ deps, actor, params, query }) {
    const get = query.form === 'identity' ? getDecisionIdentity : getDecisionReceipt;
    const bundle = await answerAboutDecision(deps, actor.tenant, params.id, async (): Promise<Bundle | IdentityBundle> =>
      get(deps, actor, params.id),
    );
    if (query.format === 'bundle') return { status: 200, bytes: JSON.stringify(bundle), mediaType: bundleMediaType };
    return { status: 200, bytes: JSON.stringify(bundle.dsseEnvelope), mediaType: 'application/vnd.dsse.envelope.v1+json' };
  },
});

export const handler = lambda(operation);
