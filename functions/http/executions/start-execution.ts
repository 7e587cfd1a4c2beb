import { Execution, StartRequest } from '../../../shared/execution/execution.ts';
import { startExecution } from '../../../shared/execution/admit/start-execution.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { denied } from '../../middleware/denied.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';

/** Inputs are parameters; data goes into files (POST /api/files). */
export const maxStartBytes = 256 * 1024;

export const operation = defineOperation({
  id: 'startExecution',
  method: 'POST',
  path: '/api/executions',
  tag: 'Executions',
  summary: 'Start a run of a published workflow',
  description:
    'Plans, decides and admits the run in one transaction. When it answers 202 the run is durable and its first tasks are handed out. ' +
    'A denial answers 403 with every reason in `deny`.',
  body: { kind: 'json', schema: StartRequest, required: true, maxBytes: maxStartBytes },
  idempotencyKey: true,
  responses: {
    202: {
      description: 'The run was admitted, or had been under this idempotency key',
      schema: Execution,
      leadsTo: ['getExecution', 'readLogs', 'getReceipt'],
      headers: { location: 'Path of the execution', 'idempotent-replayed': '`true` when the key had been used for this request before' },
    },
  },
  problems: [
    'mc:execution:purged',
    'mc:policy:denied',
    'mc:workflow:not-found',
    'mc:package:not-found',
    'mc:package:untrusted',
    'mc:execution:inputs-invalid',
    'mc:idempotency:conflict',
    'mc:store:conflict',
    'mc:store:refused',
    'mc:policy:unavailable',
    'mc:runner:refused',
  ],
  async handle({ deps, actor, body, idempotencyKey }) {
    const result = await startExecution(deps, actor, idempotencyKey === undefined ? given(body) : { ...given(body), idempotencyKey });
    if (result.kind === 'denied') return denied(result.decision, 'the run');
    const { execution, replayed } = result;
    const location = `/api/executions/${execution.id}`;
    return { status: 202, json: execution, headers: replayed ? { location, 'idempotent-replayed': 'true' } : { location } };
  },
});

export const handler = lambda(operation);
