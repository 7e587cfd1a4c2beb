import type { Deps } from '../../port/deps.ts';
import type { Actor } from '../../tenant/actor.ts';
import { ExecutionRecord } from '../execution-record.ts';
import type { Execution } from '../execution.ts';
import { toExecution } from './execution-view.ts';

/** The tenant's runs, newest first, without their tasks. */
export async function listExecutions(
  { table }: Pick<Deps, 'table'>,
  actor: Actor,
  page: { limit: number; cursor?: string },
): Promise<{ items: Execution[]; cursor?: string }> {
  const { items, cursor } = await table.query({
    index: 'gsi1',
    pk: `T#${actor.tenant}#X`,
    reverse: true,
    limit: page.limit,
    ...(page.cursor !== undefined && { cursor: page.cursor }),
  });
  return { items: items.map((item) => toExecution(ExecutionRecord.parse(item), [])), ...(cursor !== undefined && { cursor }) };
}
