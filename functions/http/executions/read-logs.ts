import { z } from 'zod';
import { LogRecord, readLogs } from '../../../shared/execution/read/read-logs.ts';
import { TaskId } from '../../../shared/manifest/manifest.ts';
import { defineOperation } from '../../middleware/define-operation.ts';
import { given } from '../../middleware/given.ts';
import { lambda } from '../../middleware/lambda.ts';
import { pageQuery } from '../../middleware/parameters/paging.ts';
import { ExecutionPath } from '../../middleware/parameters/execution-path.ts';

const LogPage = z
  .strictObject({
    lines: z.array(LogRecord),
    cursor: z.string().describe('Where to go on; new lines of a run that goes on begin here'),
    done: z.boolean().describe('No more lines will come'),
  })
  .meta({ id: 'LogPage' });

export const operation = defineOperation({
  id: 'readLogs',
  method: 'GET',
  path: '/api/executions/{id}/logs',
  tag: 'Executions',
  summary: 'Read what the tasks of a run printed',
  description:
    'In the order of time, at most 1,000 lines and about 1.5 MB at once, but one line in any case. Ask again with `cursor` until `done` is true; while the run goes on, `cursor` is where new lines begin.',
  params: ExecutionPath,
  query: z.strictObject({ task: TaskId.optional().describe('Only this task'), cursor: pageQuery.cursor }),
  responses: { 200: { description: 'Lines and where to go on', schema: LogPage } },
  problems: ['mc:execution:not-found', 'mc:execution:purged'],
  async handle({ deps, actor, params, query }) {
    return { status: 200, json: await readLogs(deps, actor, given({ id: params.id, taskId: query.task, cursor: query.cursor })) };
  },
});

export const handler = lambda(operation);
