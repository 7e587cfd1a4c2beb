import { z } from 'zod';
import { idSchema } from '../core/id.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { executionPk } from '../execution/execution-record.ts';
import { readTombstone } from '../execution/tombstone.ts';
import { findEntryPlace, LeafName } from '../log/log-store.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import type { Key } from '../port/table.ts';
import { queryTenants } from '../tenant/tenant-store.ts';
import type { Pausing } from './pausing.ts';

type FindDeps = Pick<Deps, 'table'> & Pausing;

const SealedRun = z.object({ id: idSchema('exec'), receiptId: z.string().nullable() });
const Statement = z.object({ leaf: LeafName.optional(), signedAt: z.string() });

/** Runs a tenant and look. */
const newestRuns = 100;
/** Further runs a look, so that all of them have their turn. */
const runsOnPatrol = 400;
/** Some milliseconds of work, after which the look pauses. */
const runsPerTurn = 50;

/** Where the next part of the round through all runs of all tenants begins. */
export const RoundPlace = z.object({ tenants: z.string().optional(), runs: z.string().optional() });
export type RoundPlace = z.infer<typeof RoundPlace>;

/**
 * The newest statements about runs of every tenant that are in the table and not in the log: what somebody would leave who writes a receipt past the engine.
 * Statements signed before the log began need no entry.
 */
export async function findUnlogged(deps: FindDeps, startedAt: number): Promise<string[]> {
  const differences: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await queryTenants(deps, { limit: 100, ...(cursor !== undefined && { cursor }) });
    for (const { id } of page.items) differences.push(...(await lookAtRuns(deps, id, { startedAt, limit: newestRuns })).differences);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return differences;
}

/** As findUnlogged, for one part of a round that comes to every run of every tenant, however many there are. */
export async function patrolRuns(
  deps: FindDeps,
  startedAt: number,
  { tenants, runs }: RoundPlace,
): Promise<{ differences: string[]; next: RoundPlace }> {
  const page = await queryTenants(deps, { limit: 1, ...(tenants !== undefined && { cursor: tenants }) });
  const [tenant] = page.items;
  if (!tenant) return { differences: [], next: {} };
  const { differences, cursor } = await lookAtRuns(deps, tenant.id, {
    startedAt,
    limit: runsOnPatrol,
    ...(runs !== undefined && { cursor: runs }),
  });
  if (cursor !== undefined) return { differences, next: { ...(tenants !== undefined && { tenants }), runs: cursor } };
  return { differences, next: page.cursor === undefined ? {} : { tenants: page.cursor } };
}

interface RunsToLookAt {
  startedAt: number;
  limit: number;
  cursor?: string;
}

async function lookAtRuns(
  { table, pause }: FindDeps,
  tenant: TenantId,
  { startedAt, ...page }: RunsToLookAt,
): Promise<{ differences: string[]; cursor?: string | undefined }> {
  const { items, cursor } = await table.query({ index: 'gsi1', pk: `T#${tenant}#X`, reverse: true, ...page });
  const differences: string[] = [];
  for (const [at, item] of items.entries()) {
    const run = SealedRun.safeParse(item);
    if (!run.success || run.data.receiptId === null) continue;
    if (at % runsPerTurn === 0) await pause();
    differences.push(...(await lookAtRun(table, { tenant, id: run.data.id, startedAt })));
  }
  return { differences, cursor };
}

async function lookAtRun(
  table: Deps['table'],
  { tenant, id, startedAt }: { tenant: TenantId; id: z.infer<typeof SealedRun>['id']; startedAt: number },
): Promise<string[]> {
  const pk = executionPk(tenant, id);
  const keys = [
    { name: 'receipt', key: { pk, sk: 'RECEIPT' } },
    { name: 'network trace', key: { pk, sk: 'EGRESS' } },
  ];
  const rows = await table.getMany(keys.map(({ key }) => key));
  const differences: string[] = [];
  for (const [at, { name, key }] of keys.entries()) {
    // The trace is signed when somebody asks for it.
    if (rows[at] === undefined && name !== 'receipt') continue;
    const statement = Statement.safeParse(rows[at]);
    const problem = statement.success ? await entryProblem(table, key, { ...statement.data, startedAt }) : undefined;
    if (!statement.success) differences.push(...((await isPurged(table, pk)) ? [] : [`${id} is sealed without a ${name}`]));
    else if (problem !== undefined) differences.push(`the ${name} of ${id} ${problem}`);
  }
  return differences;
}

/**
 * Whether a purge took the run after it was listed: its tombstone stands before anything goes, and a list may be some moments behind. That the tombstone is no forged one is
 * for those to see who come to its entries in the log.
 */
async function isPurged(table: Deps['table'], pk: string): Promise<boolean> {
  const head = await table.get({ pk, sk: 'EXEC' });
  return head !== undefined && readTombstone(head) !== undefined;
}

async function entryProblem(
  table: Deps['table'],
  key: Key,
  { leaf, signedAt, startedAt }: z.infer<typeof Statement> & { startedAt: number },
): Promise<string | undefined> {
  if (leaf === undefined) return signedAt > isoTime(startedAt) ? 'was filed past the log' : undefined;
  const of = (await findEntryPlace({ table }, leaf))?.of;
  if (!of) return 'has no entry in the log';
  return of.pk === key.pk && of.sk === key.sk ? undefined : 'was filed with the entry of another statement';
}
