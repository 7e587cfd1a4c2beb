import { hasCode } from '../../core/errors.ts';
import { idSchema } from '../../core/id.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import { loneDecisionPk } from '../../decision/decision-store.ts';
import type { Deps } from '../../port/deps.ts';
import { purgedError } from '../purge-mark.ts';
import { readDecisionTombstone } from '../tombstone.ts';

const DecisionId = idSchema('dec');

/** What `ask` answers about a decision. One that is not there because it was purged, and of which a tombstone is left, throws `mc:decision:purged` instead of `mc:decision:not-found`. */
export async function answerAboutDecision<T>(deps: Pick<Deps, 'table'>, tenant: TenantId, id: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const known = DecisionId.safeParse(id);
    if (!hasCode(error, 'mc:decision:not-found') || !known.success) throw error;
    const item = await deps.table.get({ pk: loneDecisionPk(tenant, known.data), sk: 'EXEC' });
    const mark = item && readDecisionTombstone(item);
    throw mark ? purgedError(id, mark, 'the denial', 'mc:decision:purged') : error;
  }
}
