/** Where decisions lie: beside the run they allowed, denied and other ones by themselves; all of a tenant in one list by time. */
import { z } from 'zod';
import type { Id } from '../core/id.ts';
import { McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import { tableLimits, type Item, type Page, type WriteOp } from '../port/table.ts';
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
export async function getDecision({ table }: Pick<Deps, 'table'>, tenant: TenantId, id: string): Promise<Decision> {
  const { items } = await table.query({ index: 'gsi1', pk: decisionList(tenant), from: id, to: id, limit: 1 });
  if (!items[0]) throw new McError('mc:decision:not-found', `There is no decision ${id}.`);
  return readDecision(items[0]);
}

/** One page of the tenant's decisions, newest first. */
export async function listDecisions(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  page: { limit: number; cursor?: string },
): Promise<Page<Decision>> {
  const found = await table.query({ index: 'gsi1', pk: decisionList(tenant), reverse: true, ...page });
  return { items: found.items.map(readDecision), ...(found.cursor && { cursor: found.cursor }) };
}

/** Sorts behind every id of a decision. */
const afterAll = 'dec_~';

/** One page of the tenant's decisions from this id on, oldest first. */
export async function listDecisionsSince(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  from: string,
  { limit, cursor }: { limit: number; cursor?: string },
): Promise<Page<Decision>> {
  const items: Decision[] = [];
  let next = cursor;
  do {
    const size = Math.min(limit - items.length, tableLimits.queryLimit);
    const found = await table.query({
      index: 'gsi1',
      pk: decisionList(tenant),
      from,
      to: afterAll,
      limit: size,
      ...(next && { cursor: next }),
    });
    items.push(...found.items.map(readDecision));
    next = found.cursor;
  } while (next && items.length < limit);
  return { items, ...(next && { cursor: next }) };
}
