import type { Deps } from '../../shared/port/deps.ts';
import { publishWorkflow, type PublishedWorkflow } from '../../shared/publish/publish-workflow.ts';
import type { Actor } from '../../shared/tenant/actor.ts';

/** Publishes where policy is not what the test is about; a denial fails the test. */
export async function publishDraft(deps: Deps, actor: Actor, request: Parameters<typeof publishWorkflow>[2]): Promise<PublishedWorkflow> {
  const result = await publishWorkflow(deps, actor, request);
  if (result.kind === 'denied') throw new Error(`denied by decision ${result.decision.id}`);
  return result;
}
