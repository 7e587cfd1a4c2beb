import type { Deps } from '../port/deps.ts';
import type { Page } from '../port/table.ts';
import type { Actor } from '../tenant/actor.ts';
import { queryVersions } from './workflow-store.ts';
import type { Workflow } from './workflow.ts';

/** Each entry carries its whole manifest, so pages are small unless more is asked for. */
const defaultLimit = 20;
const maxLimit = 100;

/** One page of the workflow versions of the actor's tenant, by name and then by version; drafts included. */
export async function listWorkflows(
  deps: Pick<Deps, 'table'>,
  actor: Actor,
  { limit = defaultLimit, cursor }: { limit?: number; cursor?: string },
): Promise<Page<Workflow>> {
  return queryVersions(deps.table, actor.tenant, { limit: Math.min(limit, maxLimit), ...(cursor !== undefined && { cursor }) });
}
