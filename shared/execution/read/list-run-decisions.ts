import { z } from 'zod';
import { Digest, digestBytes } from '../../core/digest.ts';
import { Decision } from '../../decision/decision.ts';
import type { Deps } from '../../port/deps.ts';
import { queryWithin } from '../../port/query-within.ts';
import type { Item } from '../../port/table.ts';
import type { Actor } from '../../tenant/actor.ts';
import { logRows, readStoredLogs, startDecision, type StoredLog } from '../decision-log.ts';
import { executionPk } from '../execution-record.ts';
import { getExecutionRecord } from '../execution-store.ts';
import { parseExecutionId } from './get-execution.ts';

/** One page of a run's decisions, and the texts they are kept in, so that anybody can hold them against the digests in the receipt. */
export const RunDecisionPage = z
  .strictObject({
    items: z.array(Decision),
    logs: z.array(z.strictObject({ digest: Digest, text: z.string() })).describe('The logs of the attempts of this page, byte for byte'),
    cursor: z.string().optional().describe('Present when there is more'),
  })
  .meta({ id: 'RunDecisionPage' });
export type RunDecisionPage = z.infer<typeof RunDecisionPage>;

/** An answer of a deployed home has at most 6 MB; a log of up to 250 KB is in it twice, as text and as the decisions that it tells. */
const room = { characters: 512 * 1024, itemsAtOnce: 5 } as const;

/**
 * One page of a run's decisions, which ends early when they are large: the start first, then by task and attempt. Of a run of several pages those that have a row of
 * their own come before those that are kept with their task. Throws `mc:execution:not-found`.
 */
export async function listRunDecisions(
  deps: Pick<Deps, 'table'>,
  { tenant }: Actor,
  { id, ...page }: { id: string; limit: number; cursor?: string },
): Promise<RunDecisionPage> {
  const head = await getExecutionRecord(deps, tenant, parseExecutionId(id));
  const read = (items: readonly Item[]): Promise<StoredLog[]> => readStoredLogs(deps, head, items);
  const query = { pk: executionPk(tenant, head.id), ...logRows, ...page };
  const { items, cursor } = await queryWithin(deps.table, query, { ...room, read });
  const logs = items.sort((a, b) => (a.sk < b.sk ? -1 : 1));
  const first = page.cursor === undefined ? [await startDecision(deps, head)] : [];
  return {
    items: [...first, ...logs.flatMap(({ decisions }) => decisions)],
    logs: logs.map(({ text }) => ({ digest: digestBytes(text), text })),
    ...(cursor && { cursor }),
  };
}
