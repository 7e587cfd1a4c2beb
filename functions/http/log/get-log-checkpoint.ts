import { newestCheckpoint } from '../../../shared/log/newest-checkpoint.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { lambda } from '../../middleware/lambda.ts';

export const operation = defineOperation({
  id: 'getLogCheckpoint',
  method: 'GET',
  path: '/api/log/checkpoint',
  tag: 'Log',
  summary: 'Get the newest checkpoint of the transparency log',
  description:
    'A C2SP signed note: the name of the log, how many entries it has and their root. `/api/log` is the prefix of a C2SP tlog-tiles log, so its tools read it.',
  responses: { 200: { description: 'The checkpoint', mediaType: 'text/plain; charset=utf-8' } },
  problems: ['mc:log:not-found'],
  async handle({ deps }) {
    const { note } = await newestCheckpoint(deps);
    return { status: 200, bytes: note, mediaType: 'text/plain; charset=utf-8' };
  },
});

export const handler = lambda(operation);
