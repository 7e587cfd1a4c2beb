import { z } from 'zod';
import { ActionReason, actOnExecution, ExecutionAction } from '../../../shared/execution/actions/act-on-execution.ts';
import { Execution } from '../../../shared/execution/execution.ts';
import type { ErrorCode } from '../../../shared/core/error-catalog/error-catalog.ts';
import { McError } from '../../../shared/core/errors.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { denied } from '../../middleware/denied.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import type { DocumentedRequest } from '../../middleware/operation.ts';
import { ExecutionPath } from '../../middleware/parameters/execution-path.ts';

/** A sentence of a person. */
const maxBytes = 4 * 1024;

const always = [
  'mc:execution:not-found',
  'mc:execution:purged',
  'mc:execution:action-conflict',
  'mc:idempotency:conflict',
  'mc:store:conflict',
] as const;

/** A new run is admitted like any other. */
const rerun: readonly ErrorCode[] = [
  ...always,
  'mc:policy:denied',
  'mc:workflow:not-found',
  'mc:package:not-found',
  'mc:package:untrusted',
  'mc:execution:inputs-invalid',
  'mc:receipt:invalid',
  'mc:store:refused',
  'mc:policy:unavailable',
  'mc:runner:refused',
];

const request = (action: ExecutionAction, more: Pick<DocumentedRequest, 'summary' | 'description' | 'problems'>): DocumentedRequest => ({
  id: `${action}Execution`,
  path: `/api/executions/{id}:${action}`,
  params: ExecutionPath,
  ...more,
});

const documentedAs = [
  request('cancel', {
    summary: 'Cancel a run',
    description:
      'Lands whatever the run is doing, until it is sealed: no attempt begins any more, those that run are stopped, what succeeded is undone as after a failure, ' +
      'and one receipt says `cancelled`, by whom and why. When it answers 202 the cancel is durable; the state follows with the receipt. Cancelling a run again answers ' +
      'it as it is. One that succeeded or failed answers 409.',
    problems: always,
  }),
  request('retry', {
    summary: 'Retry a failed or cancelled run from the failed steps',
    description:
      'Starts a new run of the same manifest and inputs (`retryOf`). Steps that succeeded and were not undone are not run again: their outputs are checked against the receipt and reused. ' +
      'Policy, quota and budget are asked about what still runs. A run is retried once: whoever comes second gets 409 with the run that is there. ' +
      'One in which every task succeeded and stands, as when it was cancelled just before its receipt, has nothing to retry and answers 409: replay it.',
    problems: rerun,
  }),
  request('replay', {
    summary: 'Run an ended run again, whole',
    description:
      'Starts a new run of the same manifest and inputs (`replayOf`), in which everything runs again. A run may be replayed often; of those who ask at once one wins and the others get 409.',
    problems: rerun,
  }),
];

export const operation = defineOperation({
  id: 'actOnExecution',
  method: 'POST',
  path: '/api/executions/{idAction}',
  documentedAs,
  tag: 'Executions',
  summary: 'Cancel, retry or replay a run',
  params: z.strictObject({ idAction: z.string().min(1).max(170).describe('Id of the execution, a colon, and the action') }),
  body: { kind: 'json', schema: ActionReason, required: true, maxBytes },
  idempotencyKey: true,
  responses: {
    202: {
      description: 'The run that was cancelled, or the new run; the same as before for a repeated idempotency key',
      schema: Execution,
      leadsTo: ['getExecution', 'readLogs', 'getReceipt'],
      headers: { location: 'Path of the execution', 'idempotent-replayed': '`true` when the key had been used for this request before' },
    },
  },
  problems: rerun,
  async handle({ deps, actor, params, body, idempotencyKey }) {
    const result = await actOnExecution(deps, actor, { ...parse(params.idAction), ...body, ...given({ idempotencyKey }) });
    if (result.kind === 'denied') return denied(result.decision, 'the run');
    const { execution, replayed } = result;
    const location = `/api/executions/${execution.id}`;
    return { status: 202, json: execution, headers: replayed ? { location, 'idempotent-replayed': 'true' } : { location } };
  },
});

/** `exec_…:cancel`; any other last part is a path that is not there. */
function parse(idAction: string): { id: string; action: ExecutionAction } {
  const colon = idAction.lastIndexOf(':');
  const action = ExecutionAction.safeParse(idAction.slice(colon + 1));
  if (colon === -1 || !action.success)
    throw new McError(
      'mc:request:not-found',
      `There is no such action; a POST to an execution ends in :${ExecutionAction.options.join(', :')}.`,
    );
  return { id: idAction.slice(0, colon), action: action.data };
}

export const handler = lambda(operation);
