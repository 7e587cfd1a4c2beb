/**
 * Legal holds. A hold covers the tenant, a workflow or one run, and while it stands nothing that it covers is purged, by whatever rule. Each scope has one item
 * that says whether it is held: a purge takes a run only in a write that checks the three items which could cover it, so a hold that was put before
 * that write always wins.
 */
import { z } from 'zod';
import { idSchema, type Id } from '../../core/id.ts';
import { McError } from '../../core/errors.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import type { Deps } from '../../port/deps.ts';
import type { Item, Key, Page, WriteOp } from '../../port/table.ts';

/** What a hold covers. */
export const HoldScope = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('tenant') }),
    z.strictObject({ kind: z.literal('workflow'), name: z.string().min(1).max(160) }),
    z.strictObject({ kind: z.literal('execution'), id: idSchema('exec') }),
  ])
  .meta({ id: 'HoldScope' });
export type HoldScope = z.infer<typeof HoldScope>;

/** A hold; one that was released stays in the list. */
export const LegalHold = z
  .strictObject({
    id: idSchema('hold'),
    scope: HoldScope,
    reason: z.string(),
    putAt: z.iso.datetime(),
    putBy: z.string(),
    released: z.strictObject({ at: z.iso.datetime(), by: z.string(), reason: z.string() }).nullable(),
  })
  .meta({ id: 'LegalHold' });
export type LegalHold = z.infer<typeof LegalHold>;

const holdPk = (tenant: TenantId): string => `T#${tenant}#HOLD`;
export const holdKey = (tenant: TenantId, id: string): Key => ({ pk: holdPk(tenant), sk: id });

/** Two cases may hold the same thing; both must be released. */
const holdsPerScope = 50;

/** `held` is there as long as there is a hold. */
const HeldScope = z.object({ held: z.array(idSchema('hold')).min(1).optional(), version: z.int() });

function scopeName(scope: HoldScope): string {
  if (scope.kind === 'tenant') return 'TENANT';
  return scope.kind === 'workflow' ? `WORKFLOW#${scope.name}` : `EXEC#${scope.id}`;
}

const scopeKey = (tenant: TenantId, scope: HoldScope): Key => ({ pk: `T#${tenant}#HELD`, sk: scopeName(scope) });

/** Counts the holds of a tenant, of whatever scope; `held` is there as long as there is one. */
const anyKey = (tenant: TenantId): Key => ({ pk: `T#${tenant}#HELD`, sk: 'ANY' });
const AnyHold = z.object({ count: z.int().nonnegative(), version: z.int() });

/** Lets a write happen only while the tenant has no hold at all: audit events are about everything. */
export function noHoldOp(tenant: TenantId): WriteOp {
  return { kind: 'check', key: anyKey(tenant), conditions: [{ kind: 'unset', field: 'held' }] };
}

/** How many holds of the tenant stand. */
export async function countHolds({ table }: Pick<Deps, 'table'>, tenant: TenantId): Promise<number> {
  const item = await table.get(anyKey(tenant));
  return item ? AnyHold.parse(item).count : 0;
}

async function anyOp({ table }: Pick<Deps, 'table'>, tenant: TenantId, change: number): Promise<WriteOp> {
  const key = anyKey(tenant);
  const before = await table.get(key);
  const { count, version } = before ? AnyHold.parse(before) : { count: 0, version: 0 };
  const now = count + change;
  return {
    kind: 'put',
    item: { ...key, count: now, version: version + 1, ...(now > 0 && { held: true }) },
    conditions: before ? [{ kind: 'compare', field: 'version', op: '=', value: version }] : [{ kind: 'absent' }],
  };
}

/** A run as far as holds can cover it. */
export interface HoldableRun {
  id: Id<'exec'>;
  workflow: string;
}

function scopesOf({ id, workflow }: HoldableRun): HoldScope[] {
  return [{ kind: 'tenant' }, { kind: 'workflow', name: workflow }, { kind: 'execution', id }];
}

/** Lets a write happen only while no hold covers the run. */
export function notHeldOps(tenant: TenantId, run: HoldableRun): WriteOp[] {
  const conditions = [{ kind: 'unset', field: 'held' }] as const;
  return scopesOf(run).map((scope) => ({ kind: 'check', key: scopeKey(tenant, scope), conditions }));
}

/** The holds that cover each of these runs. */
export async function findHolds(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  runs: readonly HoldableRun[],
): Promise<Map<Id<'exec'>, Id<'hold'>[]>> {
  const keys = new Map(runs.flatMap(scopesOf).map((scope) => [scopeName(scope), scopeKey(tenant, scope)]));
  const held = new Map<string, Id<'hold'>[]>();
  const all = [...keys];
  for (let from = 0; from < all.length; from += 100) {
    const some = all.slice(from, from + 100);
    const items = await table.getMany(some.map(([, key]) => key));
    for (const [at, [name]] of some.entries()) held.set(name, items[at] ? (HeldScope.parse(items[at]).held ?? []) : []);
  }
  return new Map(runs.map((run) => [run.id, scopesOf(run).flatMap((scope) => held.get(scopeName(scope)) ?? [])]));
}

/** Ops that put the hold, or that put it back as released; they fail when another hold of the scope was put or released since. */
export async function holdOps({ table }: Pick<Deps, 'table'>, tenant: TenantId, hold: LegalHold): Promise<WriteOp[]> {
  const key = scopeKey(tenant, hold.scope);
  const before = await table.get(key);
  const { held = [], version } = before ? HeldScope.parse(before) : { held: [], version: 0 };
  const rest = held.filter((id) => id !== hold.id);
  const now = hold.released === null ? [...rest, hold.id] : rest;
  if (now.length > holdsPerScope)
    throw new McError('mc:request:invalid', `There are ${held.length} holds on this already; at most ${holdsPerScope} are allowed.`);
  return [
    {
      kind: 'put',
      item: { ...key, ...(now.length > 0 && { held: now }), version: version + 1 },
      conditions: before ? [{ kind: 'compare', field: 'version', op: '=', value: version }] : [{ kind: 'absent' }],
    },
    await anyOp({ table }, tenant, hold.released === null ? 1 : -1),
    {
      kind: 'put',
      item: { ...holdKey(tenant, hold.id), hold },
      conditions: hold.released === null ? [{ kind: 'absent' }] : [{ kind: 'present' }],
    },
  ];
}

const StoredHold = z.object({ hold: LegalHold });

/** A stored hold. */
export function readHold(item: Item): LegalHold {
  return StoredHold.parse(item).hold;
}

/** One page of a tenant's holds, the newest first; released ones too. */
export async function queryHolds(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  page: { limit: number; cursor?: string },
): Promise<Page<LegalHold>> {
  const { items, ...rest } = await table.query({ pk: holdPk(tenant), reverse: true, ...page });
  return { items: items.map(readHold), ...rest };
}
