import type { Decision } from '../../shared/decision/decision.ts';
import type { Execution } from '../../shared/execution/execution.ts';
import type { MaestroClient } from './maestro-client.ts';

/** Every decision about the attempts of a run, of all pages. */
export async function attemptDecisions(client: MaestroClient, { id, decisionId }: Execution): Promise<Decision[]> {
  const found: Decision[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listRunDecisions(id, { limit: 100, cursor });
    // The first page begins with the one that let the run start.
    found.push(...page.items.filter((decision) => decision.id !== decisionId));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}
