/** Where decisions lie: beside the run they allowed, denied and other ones by themselves; all of a tenant in one list by time. */
import { z } from 'zod';
import type { Id } from '../core/id.ts';
import { McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import { queryWithin } from '../port/query-within.ts';
import type { Item, Page, WriteOp } from '../port/table.ts';
import { Decision } from './decision.ts';

/** The index partition of a tenant's decisions; ids are sorted by time. */
function decisionList(tenant: TenantId): string {
  return `T#${tenant}#DECISIONS`;
}

/** Where a decision is kept that let nothing run: a denial, or the leave to publish. */
export function loneDecisionPk(tenant: TenantId, id: Id<'dec'>): string {
  return `T#${tenant}#DEC#${id}`;
}

/** Keeps the decision in this partition, and in the list of its tenant. */
export function decisionOp(pk: string, decision: Decision): WriteOp {
  const { id, point, input } = decision;
  const item: Item = { pk, sk: `DECISION#${point}`, ...decision, gsi1pk: `T#${input.tenant.id}#DECISIONS`, gsi1sk: id };
  return { kind: 'put', item, conditions: [{ kind: 'absent' }] };
}

const Stored = z.looseObject({ pk: z.string(), sk: z.string() });

/** A stored decision without its keys. */
export function readDecision(item: Item): Decision {
  const { pk: _pk, sk: _sk, gsi1pk: _list, gsi1sk: _at, ...decision } = Stored.parse(item);
  return Decision.parse(decision);
}

/** The decision of this tenant; throws `mc:decision:not-found`. */
export async function getDecision(deps: Pick<Deps, 'table'>, tenant: TenantId, id: string): Promise<Decision> {
  return readDecision(await getDecisionItem(deps, tenant, id));
}

/** As getDecision, with the key of its row. */
export async function getDecisionItem({ table }: Pick<Deps, 'table'>, tenant: TenantId, id: string): Promise<Item> {
  const { items } = await table.query({ index: 'gsi1', pk: decisionList(tenant), from: id, to: id, limit: 1 });
  if (!items[0]) throw new McError('mc:decision:not-found', `There is no decision ${id}.`);
  return items[0];
}

/** An answer of a deployed home has at most 6 MB, and a decision about hundreds of tasks up to 400 KB. */
const answerRoom = { characters: 1024 * 1024, itemsAtOnce: 10 } as const;
/** What a replay holds in memory at once, with the views that packs see. */
const replayRoom = { characters: 8 * 1024 * 1024, itemsAtOnce: 100 } as const;

/** One page of the tenant's decisions, newest first; it ends early when they are large. */
export async function listDecisions(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  page: { limit: number; cursor?: string },
): Promise<Page<Decision>> {
  const found = await queryWithin(table, { index: 'gsi1', pk: decisionList(tenant), reverse: true, ...page }, answerRoom);
  return { items: found.items.map(readDecision), ...(found.cursor && { cursor: found.cursor }) };
}

/** Sorts behind every id of a decision. */
const afterAll = 'dec_~';

/** One page of the tenant's decisions from this id on, oldest first; it ends early when they are large. */
export async function listDecisionsSince(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  from: string,
  page: { limit: number; cursor?: string },
): Promise<Page<Decision>> {
  const found = await queryWithin(table, { index: 'gsi1', pk: decisionList(tenant), from, to: afterAll, ...page }, replayRoom);
  return { items: found.items.map(readDecision), ...(found.cursor && { cursor: found.cursor }) };
}
