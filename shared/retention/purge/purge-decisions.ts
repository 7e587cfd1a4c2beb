/**
 * Denials, which belong to no run: a run's decision goes with it, and the leave to publish stays with what was published. They are proof, so they are kept as long as the
 * receipts that are kept longest.
 */
import { z } from 'zod';
import { Digest, digestJson } from '../../core/digest.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import { decisionReceiptSk } from '../../decision/decision-receipt.ts';
import type { Decision } from '../../decision/decision.ts';
import { listDecisionsSince, loneDecisionPk } from '../../decision/decision-store.ts';
import type { PurgeMark } from '../../execution/purge-mark.ts';
import { decisionTombstoneItem } from '../../execution/tombstone.ts';
import { identityKey } from '../../identity/identity-form.ts';
import { isoTime } from '../../port/clock.ts';
import { tableLimits, type Item, type WriteOp } from '../../port/table.ts';
import { dayMs, retentionOf } from '../../tenant/retention.ts';
import { getTenant } from '../../tenant/tenant-store.ts';
import { countHolds } from '../hold/legal-hold.ts';
import { steadyNow } from '../home-clock.ts';
import { carryOut, type MayGoOn, type PurgeDeps } from './carry-out.ts';
import { readMark, writeMark } from './mark.ts';
import type { PurgeItem } from './purge-record.ts';
import { opsOfTaking, takeAtOnce } from './take-at-once.ts';

/** Of a decision: its own row, its receipt, the identity form of that, and the tombstone of both. */
const opsPerDecision = 4;
const decisionsPerPurge = Math.floor((tableLimits.opsPerWrite - opsOfTaking) / opsPerDecision);

/**
 * Deletes the denials that are due, the oldest first, each with its receipt. While the tenant has any legal hold all of them stay. False when `mayGoOn` said no
 * before the end.
 */
export async function purgeDecisions(deps: PurgeDeps, tenant: TenantId, mayGoOn: MayGoOn): Promise<boolean> {
  const { receipts } = retentionOf(await getTenant(deps, tenant));
  if ((await countHolds(deps, tenant)) > 0) return true;
  const days = Math.max(...Object.values(receipts));
  const to = isoTime((await steadyNow(deps)) - days * dayMs);
  let from = (await readMark(deps, tenant, 'decisions')) ?? '0';
  while (await mayGoOn()) {
    const { items, cursor } = await listDecisionsSince(deps, tenant, from, { limit: decisionsPerPurge });
    // Ids and times come from several clocks: the walk ends before the first that is not due, so that it passes over none.
    const end = items.findIndex(({ decidedAt }) => decidedAt > to);
    const old = end < 0 ? items : items.slice(0, end);
    // A hold that came just now, other settings, or a receipt that somebody asked for at this moment: the next round looks again.
    if (!(await takeDecisions(deps, tenant, old.filter(isLoneDenial), `denials after ${days} days`))) return true;
    const last = old.at(-1);
    if (last && last.id !== from) await writeMark(deps, tenant, 'decisions', (from = last.id));
    if (end >= 0 || cursor === undefined) return true;
  }
  return false;
}

function isLoneDenial({ executionId, verdict }: Decision): boolean {
  return executionId === null && verdict === 'deny';
}

/** Whether all that is there of them was taken. */
async function takeDecisions(deps: PurgeDeps, tenant: TenantId, due: readonly Decision[], rule: string): Promise<boolean> {
  const there = await Promise.all(
    due.map(async (decision) => {
      const { items } = await deps.table.query({ pk: loneDecisionPk(tenant, decision.id), limit: opsPerDecision });
      return { decision, rows: items };
    }),
  );
  // An index may lag behind a purge.
  const taken = there.filter(({ decision, rows }) => rows.some(({ sk }) => sk === `DECISION#${decision.point}`));
  if (taken.length === 0) return true;
  const purge = await takeAtOnce(deps, await getTenant(deps, tenant), {
    kind: 'decisions',
    reason: 'denials that are due',
    entries: taken.map(({ decision }) => ({ decision: decision.id, digest: digestJson(decision) })),
    ops: (id) => {
      const mark = { purge: id, rule, at: deps.clock.now() };
      return taken.flatMap(({ decision, rows }) => takeOps(loneDecisionPk(tenant, decision.id), rows, mark));
    },
    objects: taken.flatMap(({ rows }) => rows.flatMap(toObject)),
  });
  if (purge) await carryOut(deps, tenant, purge);
  return purge !== undefined;
}

/** Takes the rows as they were read: what is filed meanwhile would be left behind by itself. */
function takeOps(pk: string, rows: readonly Item[], mark: PurgeMark): WriteOp[] {
  const there = rows.map(({ sk }) => sk);
  const deletes = there.map((sk): WriteOp => ({ kind: 'delete', key: { pk, sk }, conditions: [{ kind: 'present' }] }));
  const receipt = { pk, sk: decisionReceiptSk };
  const checks = [receipt, identityKey(receipt)]
    .filter(({ sk }) => !there.includes(sk))
    .map((key): WriteOp => ({ kind: 'check', key, conditions: [{ kind: 'absent' }] }));
  const isSigned = there.includes(decisionReceiptSk);
  return [...deletes, ...checks, ...(isSigned ? [{ kind: 'put', item: decisionTombstoneItem(pk, mark) } as const] : [])];
}

const Receipt = z.object({ sk: z.literal(decisionReceiptSk), bundleDigest: Digest });

function toObject(row: Item): PurgeItem[] {
  const receipt = Receipt.safeParse(row);
  if (!receipt.success) return [];
  const { bundleDigest: digest } = receipt.data;
  return [{ kind: 'receipt', name: `${row.pk.split('#').at(-1)}.sigstore.json`, digest, sizeBytes: null, isOwn: true, result: null }];
}
