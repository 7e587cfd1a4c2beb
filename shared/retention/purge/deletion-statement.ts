/** What is signed about a purge: the inventory of what went, the digests of all that was erased, by what rule, and what was looked at before. It holds no content. */
import { z } from 'zod';
import { canonicalJson } from '../../core/json/canonical-json.ts';
import { type Digest, digestBytes, hexOf } from '../../core/digest.ts';
import { idSchema, type Id } from '../../core/id.ts';
import { merkleRoot } from '../../core/merkle.ts';
import { maxSubjects, predicateTypes, type Statement, type Subject } from '../../receipt/statement.ts';
import { TenantId } from '../../core/tenant-id.ts';
import { type PurgeCounts, type TakenEntries, PurgedRun, type PurgeItem, PurgeKind, type RunProgress, type Purge } from './purge-record.ts';

/** One line of the inventory: a run that was purged, a row or data key that was taken, or a stored object, of a run unless it belonged to none. */
export type InventoryLine =
  | { execution: Id<'exec'>; rule: string; rows: number }
  | TakenEntries['entries'][number]
  | (Omit<PurgeItem, 'isOwn'> & { execution?: Id<'exec'> });

const inventoryName = 'inventory.ndjson';

/** The inventory as lines of canonical JSON; the same entries give the same bytes. */
export function inventoryLines(entries: readonly InventoryLine[]): string[] {
  return entries.map((entry) => canonicalJson(entry));
}

export interface DeletionFacts {
  tenant: TenantId;
  builderId: string;
  purge: Purge;
  endedAt: string;
  counts: z.infer<typeof PurgeCounts>;
  progress: readonly RunProgress[];
  /** Lines of the inventory. */
  lines: readonly string[];
  /** What was erased, each digest once. */
  erased: readonly Digest[];
}

/** The part of the predicate that a home reads again, to purge once more what a restored backup brought back. */
export const DeletionPredicate = z.looseObject({
  version: z.literal(1),
  purge: idSchema('purge'),
  tenant: TenantId,
  kind: PurgeKind,
  runs: z.array(PurgedRun.pick({ id: true, rule: true })),
});

/** Subjects are the inventory and the digest of each erased object; of more than fit, the Merkle root of the inventory in the predicate speaks. */
export function buildDeletionStatement(facts: DeletionFacts): Statement {
  const { tenant, builderId, purge, endedAt, counts, progress, lines, erased } = facts;
  const { id, kind, reason, startedAt, startedBy, again } = purge;
  const inventory: Subject = { name: inventoryName, digest: { sha256: hexOf(digestBytes(lines.map((line) => `${line}\n`).join(''))) } };
  const objects =
    erased.length < maxSubjects
      ? erased.map((digest): Subject => ({ digest: { sha256: hexOf(digest) }, name: `erased/${hexOf(digest)}` }))
      : [];
  const gone = new Set(progress.filter(({ state }) => state === 'erased').map((run) => run.id));
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [inventory, ...objects],
    predicateType: predicateTypes.deletion,
    predicate: {
      version: 1,
      purge: id,
      tenant,
      kind,
      builder: { id: builderId },
      reason,
      by: startedBy,
      startedAt,
      endedAt,
      again,
      runs: purge.runs.filter((run) => gone.has(run.id)).map((run) => ({ id: run.id, rule: run.rule })),
      // Each run was taken in one write that checked the holds of its tenant, its workflow and itself.
      held: progress.filter(({ state }) => state === 'held').map((run) => ({ id: run.id, holds: run.holds })),
      counts,
      inventory: { entries: lines.length, merkleRoot: merkleRoot(lines) },
    },
  };
}
