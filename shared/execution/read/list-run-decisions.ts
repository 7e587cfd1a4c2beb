import { z } from 'zod';
import { Decision } from '../../decision/decision.ts';
import type { Deps } from '../../port/deps.ts';
import type { Page } from '../../port/table.ts';
import type { Actor } from '../../tenant/actor.ts';
import { startDecision } from '../decision-log.ts';
import { executionPk } from '../execution-record.ts';
import { getExecutionRecord } from '../execution-store.ts';
import { parseExecutionId } from './get-execution.ts';

const AttemptDecisions = z.object({ decisions: z.array(Decision) });

/** One page of a run's decisions: the start first, then by task and attempt; throws `mc:execution:not-found`. */
export async function listRunDecisions(
  deps: Pick<Deps, 'table'>,
  { tenant }: Actor,
  { id, ...page }: { id: string; limit: number; cursor?: string },
): Promise<Page<Decision>> {
  const head = await getExecutionRecord(deps, tenant, parseExecutionId(id));
  const found = await deps.table.query({ pk: executionPk(tenant, head.id), prefix: 'JUDGED#', ...page });
  const first = page.cursor === undefined ? [await startDecision(deps, head)] : [];
  const items = [...first, ...found.items.flatMap((item) => AttemptDecisions.parse(item).decisions)];
  return { items, ...(found.cursor && { cursor: found.cursor }) };
}
