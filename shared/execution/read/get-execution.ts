import { z } from 'zod';
import { idSchema, type Id } from '../../core/id.ts';
import { McError } from '../../core/errors.ts';
import type { Deps } from '../../port/deps.ts';
import type { Actor } from '../../tenant/actor.ts';
import { getExecutionRecord, listTasks } from '../execution-store.ts';
import type { Execution } from '../execution.ts';
import { withBoundedAttempts } from './bounded-attempts.ts';
import { toExecution } from './execution-view.ts';
import { loadJson } from '../stored-json.ts';

const ExecutionId = idSchema('exec');

/** An id of this tenant's run; anything that is no such id is answered like a run that does not exist. */
export function parseExecutionId(id: string): Id<'exec'> {
  const parsed = ExecutionId.safeParse(id);
  if (!parsed.success) throw new McError('mc:execution:not-found', `there is no execution ${id.slice(0, 64)}`);
  return parsed.data;
}

/** One run with its tasks, and its outputs once it succeeded. */
export async function getExecution(deps: Pick<Deps, 'table' | 'blobs' | 'dataKeys'>, actor: Actor, id: string): Promise<Execution> {
  const executionId = parseExecutionId(id);
  const head = await getExecutionRecord(deps, actor.tenant, executionId);
  const tasks = await listTasks(deps, head);
  const outputs = head.state === 'succeeded' && head.outputs && !head.dataPurge ? await loadJson(deps, actor.tenant, head.outputs) : null;
  return withBoundedAttempts(toExecution(head, tasks, outputs === null ? null : z.record(z.string(), z.json()).parse(outputs)));
}
