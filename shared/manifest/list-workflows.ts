import type { Deps } from '../port/deps.ts';
import type { Page } from '../port/table.ts';
import type { Actor } from '../tenant/actor.ts';
import { queryVersions } from './workflow-store.ts';
import type { Workflow } from './workflow.ts';

/** Each entry carries its whole manifest, so pages are small unless more is asked for. */
const defaultLimit = 20;
const maxLimit = 100;

/**
 * One page of the workflow versions of the actor's tenant, drafts included: all of them by name and then by version, or those of one workflow,
 * the newest first. A name that nothing has gives an empty page, because a workflow is no more than its versions.
 */
export async function listWorkflows(
  deps: Pick<Deps, 'table'>,
  actor: Actor,
  { limit = defaultLimit, ...page }: { name?: string; limit?: number; cursor?: string },
): Promise<Page<Workflow>> {
  return queryVersions(deps.table, actor.tenant, { limit: Math.min(limit, maxLimit), ...page });
}
