import { Decision } from '../../../shared/decision/decision.ts';
import { getDecision } from '../../../shared/decision/decision-store.ts';
import { answerAboutDecision } from '../../../shared/execution/read/answer-about-decision.ts';
import { DecisionPath } from '../../middleware/decision-path.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

export const operation = defineOperation({
  id: 'getDecision',
  method: 'GET',
  path: '/api/decisions/{id}',
  tag: 'Policy',
  summary: 'Get one decision: what was asked, and what every pack said',
  params: DecisionPath,
  responses: { 200: { description: 'The decision', schema: Decision, leadsTo: ['getDecisionReceipt'] } },
  problems: ['mc:decision:not-found', 'mc:decision:purged'],
  async handle({ deps, actor, params }) {
    return {
      status: 200,
      json: await answerAboutDecision(deps, actor.tenant, params.id, () => getDecision(deps, actor.tenant, params.id)),
    };
  },
});

export const handler = lambda(operation);
