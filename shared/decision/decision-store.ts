/** Where decisions lie: beside the run they allowed, denied and other ones by themselves; all of a tenant in one list by time. */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import type { Id } from '../core/id.ts';
import { InvariantError, McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import { queryWithin, type PageRoom } from '../port/query-within.ts';
import type { Item, Key, Page, Query, WriteOp } from '../port/table.ts';
import { keepCommonText, readCommonTexts, type CommonText } from './common-text.ts';
import { joinDecisions, OwnParts } from './decision-parts.ts';
import { Decision } from './decision.ts';
import { partsOf } from './same-answers.ts';

/** The index partition of a tenant's decisions; ids are sorted by time. */
function decisionList(tenant: TenantId): string {
  return `T#${tenant}#DECISIONS`;
}

/** Where a decision is kept that let nothing run: a denial, or the leave to publish. */
export function loneDecisionPk(tenant: TenantId, id: Id<'dec'>): string {
  return `T#${tenant}#DEC#${id}`;
}

/** Keeps the decision whole in this partition, and in the list of its tenant. */
export function decisionOp(pk: string, decision: Decision): WriteOp {
  const { id, point, input } = decision;
  const item: Item = { pk, sk: `DECISION#${point}`, ...decision, ...listed(input.tenant.id, id) };
  return { kind: 'put', item, conditions: [{ kind: 'absent' }] };
}

function listed(tenant: string, id: Decision['id']): Pick<Item, 'gsi1pk' | 'gsi1sk'> {
  return { gsi1pk: `T#${tenant}#DECISIONS`, gsi1sk: id };
}

/** As decisionOp, for one that lets a run start: what it has in common with others is named, and has to be durable before (keepDecisionText). */
export function runDecisionOp(pk: string, decision: Decision): WriteOp {
  const parts = partsOf([decision], 'actor');
  if (parts === undefined) return decisionOp(pk, decision);
  const { id, point, verdict, decidedAt, tookMs, executionId, input } = decision;
  const own = { id, verdict, decidedAt, tookMs, executionId, common: parts.common.digest, ...parts.own };
  const item: Item = { pk, sk: `DECISION#${point}`, ...own, ...listed(input.tenant.id, id) };
  madeOf.set(item, decision);
  return { kind: 'put', item, conditions: [{ kind: 'absent' }] };
}

/** Whether the row of this decision beside its run is short: no reasons of its own, and the rest in common with others. */
export function isMostlyCommon(decision: Decision): boolean {
  const parts = partsOf([decision], 'actor');
  return parts !== undefined && parts.own.reasons === undefined;
}

/** A seal reads what the start wrote a moment ago: a table that hands out the object it was given hands out this decision, which needs no joining. */
const madeOf = new WeakMap<Item, Decision>();

/** Resolves when the text that the row of this decision names is durable. */
export async function keepDecisionText(deps: Pick<Deps, 'table'>, tenant: TenantId, decision: Decision): Promise<void> {
  const parts = partsOf([decision], 'actor');
  if (parts) await keepCommonText(deps, tenant, parts.common);
}

const Stored = z.looseObject({ pk: z.string(), sk: z.string() });
const InParts = z.object({
  common: Digest,
  ...Decision.pick({ id: true, decidedAt: true, tookMs: true, executionId: true }).shape,
  ...OwnParts.shape,
});

/** Stored decisions of this tenant without their keys, in their order. */
export async function readDecisions(deps: Pick<Deps, 'table'>, tenant: TenantId, items: readonly Item[]): Promise<Decision[]> {
  const rows = items.map((item) => madeOf.get(item) ?? ('common' in item ? InParts.parse(item) : readWhole(item)));
  const texts = await readCommonTexts(
    deps,
    tenant,
    rows.flatMap((row) => ('common' in row ? row.common : [])),
  );
  return rows.map((row) => ('common' in row ? joined(row, texts) : row));
}

function joined({ common, ...row }: z.infer<typeof InParts>, texts: ReadonlyMap<Digest, CommonText>): Decision {
  const text = texts.get(common);
  const [decision] = text ? joinDecisions({ common: text, own: row }, [row]) : [];
  if (!decision) throw new InvariantError(`the text of ${row.id} was not read`);
  return decision;
}

function readWhole(item: Item): Decision {
  const { pk: _pk, sk: _sk, gsi1pk: _list, gsi1sk: _at, ...decision } = Stored.parse(item);
  return Decision.parse(decision);
}

/** The decision of this tenant; throws `mc:decision:not-found`. */
export async function getDecision(deps: Pick<Deps, 'table'>, tenant: TenantId, id: string): Promise<Decision> {
  return (await findStored(deps, tenant, id)).decision;
}

/** A decision, and where its row is. */
export interface StoredDecision {
  key: Key;
  decision: Decision;
}

/** As getDecision, with the key of its row. */
export async function findStored(deps: Pick<Deps, 'table'>, tenant: TenantId, id: string): Promise<StoredDecision> {
  const { items } = await deps.table.query({ index: 'gsi1', pk: decisionList(tenant), from: id, to: id, limit: 1 });
  const [decision] = await readDecisions(deps, tenant, items);
  if (!items[0] || !decision) throw new McError('mc:decision:not-found', `There is no decision ${id}.`);
  return { key: { pk: items[0].pk, sk: items[0].sk }, decision };
}

/** An answer of a deployed home has at most 6 MB, and a decision about hundreds of tasks up to 400 KB. */
const answerRoom = { characters: 1024 * 1024, itemsAtOnce: 10 } as const;
/** What a replay holds in memory at once, with the views that packs see. */
const replayRoom = { characters: 8 * 1024 * 1024, itemsAtOnce: 100 } as const;

/** One page of the tenant's decisions, newest first; it ends early when they are large. */
export async function listDecisions(
  deps: Pick<Deps, 'table'>,
  tenant: TenantId,
  page: { limit: number; cursor?: string },
): Promise<Page<Decision>> {
  return queryDecisions(deps, tenant, { reverse: true, ...page }, answerRoom);
}

/** Sorts behind every id of a decision. */
const afterAll = 'dec_~';

/** One page of the tenant's decisions from this id on, oldest first; it ends early when they are large. */
export async function listDecisionsSince(
  deps: Pick<Deps, 'table'>,
  tenant: TenantId,
  from: string,
  page: { limit: number; cursor?: string },
): Promise<Page<Decision>> {
  return queryDecisions(deps, tenant, { from, to: afterAll, ...page }, replayRoom);
}

function queryDecisions(
  deps: Pick<Deps, 'table'>,
  tenant: TenantId,
  query: Omit<Query, 'pk' | 'index'>,
  room: PageRoom,
): Promise<Page<Decision>> {
  return queryWithin(
    deps.table,
    { index: 'gsi1', pk: decisionList(tenant), ...query },
    { ...room, read: (items) => readDecisions(deps, tenant, items) },
  );
}
