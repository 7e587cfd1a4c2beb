/**
 * The one write by which a purge takes something of a run. Whatever could speak against it is a condition of this write: a legal hold, other settings of the tenant,
 * a run that is not over or was purged before. Before it nothing is touched; after it the run, or that part of it, is gone for every reader, and what is left
 * to be done is to erase bytes. So of a hold and a purge at the same time exactly one wins, and everybody sees which.
 */
import type { PurgeMark } from '../../execution/purge-mark.ts';
import { headKey, type ExecutionRecord } from '../../execution/execution-record.ts';
import { terminalStates } from '../../execution/execution.ts';
import { tombstoneItem } from '../../execution/tombstone.ts';
import { McError } from '../../core/errors.ts';
import type { Deps } from '../../port/deps.ts';
import type { Condition, WriteOp } from '../../port/table.ts';
import { retentionOf, type RunKind } from '../../tenant/retention.ts';
import { getTenant, tenantUnchangedOp } from '../../tenant/tenant-store.ts';
import { decideKeeping, isPurged } from './due.ts';
import { findUnpurged } from './find-unpurged.ts';
import { findHolds, notHeldOps } from '../hold/legal-hold.ts';
import { steadyNow } from '../home-clock.ts';
import { findProgress, progressOps, type Purge, type PurgedRun, type RunProgress } from './purge-record.ts';
import type { TenantId } from '../../core/tenant-id.ts';

type ClaimDeps = Pick<Deps, 'table' | 'clock'>;

/** Each lost race means that a hold, the tenant or the run changed. */
const maxRounds = 5;

/** What a run is taken for: by which purge, and what of it. */
export interface Claim {
  tenant: TenantId;
  purge: Purge & { kind: RunKind };
  run: PurgedRun;
}

/** Takes the run, or says why not; what became of it is durable when this resolves. `head` is the run as its inventory was made of it. */
export async function claimRun(deps: ClaimDeps, claim: Claim, head: ExecutionRecord): Promise<RunProgress> {
  const { tenant, purge, run } = claim;
  for (let round = 0; round < maxRounds; round += 1) {
    const holds = (await findHolds(deps, tenant, [{ id: run.id, workflow: head.workflow.name }])).get(run.id) ?? [];
    if (holds.length > 0) return keep(deps, claim, { id: run.id, state: 'held', holds, rows: 0 });
    const owner = await getTenant(deps, tenant);
    const current = round === 0 ? head : await findUnpurged(deps, tenant, run.id);
    const keeping = current && decideKeeping(retentionOf(owner), purge.kind, current);
    // What was purged once, by a manifest that stands in the log, is not asked again whether it is due.
    const isDue = purge.again !== null || (keeping !== undefined && keeping.until <= (await steadyNow(deps)));
    if (!current || !isDue || isPurged(purge.kind, current)) return keep(deps, claim, { id: run.id, state: 'skipped', holds: [], rows: 0 });
    const progress: RunProgress = { id: run.id, state: 'claimed', holds: [], rows: 0 };
    const { ok } = await deps.table.write([
      takeOp(deps, claim, current),
      ...notHeldOps(tenant, { id: run.id, workflow: current.workflow.name }),
      tenantUnchangedOp(owner),
      ...progressOps(tenant, purge.id, progress),
    ]);
    if (ok) return progress;
  }
  throw new McError('mc:store:conflict', `${run.id} kept changing while it was to be purged; nothing of it was`);
}

/** Says that the run stays; answers what somebody else said of it before, if so. */
export async function keep(deps: Pick<Deps, 'table'>, { tenant, purge }: Claim, progress: RunProgress): Promise<RunProgress> {
  const { ok } = await deps.table.write(progressOps(tenant, purge.id, progress));
  return (ok ? undefined : await findProgress(deps, tenant, purge.id, progress.id)) ?? progress;
}

function takeOp({ clock }: ClaimDeps, { tenant, purge, run }: Claim, head: ExecutionRecord): WriteOp {
  const mark: PurgeMark = { purge: purge.id, rule: run.rule, at: clock.now() };
  const isOver: Condition[] = [
    { kind: 'in', field: 'state', values: terminalStates },
    // Until it is recorded, its supervision still reads it.
    { kind: 'unset', field: 'gsi2pk' },
  ];
  const key = headKey(tenant, run.id);
  if (purge.kind === 'receipts')
    return { kind: 'put', item: tombstoneItem(tenant, { ...mark, executionId: run.id, manifest: null }), conditions: isOver };
  if (purge.kind === 'logs')
    return { kind: 'update', key, set: { logsPurge: mark }, conditions: [...isOver, { kind: 'unset', field: 'logsPurge' }] };
  const { inputs, outputs } = head;
  const set = { dataPurge: mark, inputs: bare(inputs), outputs: outputs && bare(outputs) };
  return { kind: 'update', key, set, conditions: [...isOver, { kind: 'unset', field: 'dataPurge' }] };
}

/** A stored value without the value: its digest is what the receipt says. */
export function bare({ digest, sizeBytes }: ExecutionRecord['inputs']): ExecutionRecord['inputs'] {
  return { digest, sizeBytes };
}
