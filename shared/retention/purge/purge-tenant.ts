/** A round of a tenant: open purges are carried on, then everything that is due goes, some runs a purge, until nothing is left or the time is up. */
import type { TenantId } from '../../core/tenant-id.ts';
import { giveUpBegunRuns } from '../../execution/begun-run.ts';
import { metricNames } from '../../port/metrics.ts';
import { dayMs, retentionOf, type RunKind } from '../../tenant/retention.ts';
import { homeSubjects } from '../../tenant/service-identity.ts';
import { getTenant } from '../../tenant/tenant-store.ts';
import { beginPurge, carryOut, type MayGoOn, type PurgeDeps } from './carry-out.ts';
import { dueRuns } from './due.ts';
import { findHolds } from '../hold/legal-hold.ts';
import { noteRound } from '../home-clock.ts';
import { purgeAuditEvents } from './purge-audit-events.ts';
import { purgeDecisions } from './purge-decisions.ts';
import { purgeUploads } from './purge-uploads.ts';
import { shredLogKeys } from './shred-log-keys.ts';
import type { Deps } from '../../port/deps.ts';
import { listOpenPurges, runsPerPurge, type PurgedRun } from './purge-record.ts';

/** What a round found, and whether it came to its end. */
export interface Round {
  purges: number;
  /** Runs that are due and that a legal hold keeps. */
  held: number;
  isDone: boolean;
}

/** Purges what is due of the tenant. `mayGoOn` is asked before each run: what was begun is carried on by the next round. Throws `mc:retention:clock-moved`. */
export async function purgeTenant(
  deps: PurgeDeps & Pick<Deps, 'dataKeys'>,
  tenant: TenantId,
  mayGoOn: MayGoOn = () => true,
): Promise<Round> {
  const round: Round = { purges: 0, held: 0, isDone: false };
  await noteRound(deps);
  for (const purge of await listOpenPurges(deps, tenant)) {
    if (!(await carryOut(deps, tenant, purge, mayGoOn))) return round;
    round.purges += 1;
  }
  // The whole run first: what it takes with it need not go by itself.
  for (const kind of ['receipts', 'data', 'logs'] as const) if (!(await purgeKind(deps, { tenant, kind }, round, mayGoOn))) return round;
  for (const purgeLoose of [giveUpBegunRuns, purgeUploads, purgeDecisions, purgeAuditEvents])
    if (!(await purgeLoose(deps, tenant, mayGoOn))) return round;
  await shredLogKeys(deps, tenant);
  round.isDone = true;
  return round;
}

interface KindOfTenant {
  tenant: TenantId;
  kind: RunKind;
}

async function purgeKind(deps: PurgeDeps, about: KindOfTenant, round: Round, mayGoOn: MayGoOn): Promise<boolean> {
  const { tenant, kind } = about;
  for (;;) {
    const { runs, held, isLast } = await nextRuns(deps, about);
    round.held = Math.max(round.held, held);
    if (runs.length > 0) {
      const purge = await beginPurge(deps, tenant, { kind, runs, startedBy: homeSubjects.retention, reason: `${kind} that are due` });
      if (!(await carryOut(deps, tenant, purge, mayGoOn))) return false;
      round.purges += 1;
    }
    if (isLast) return true;
  }
}

/** The next runs that are due and that no hold keeps; how far behind they are is measured here. */
async function nextRuns(deps: PurgeDeps, { tenant, kind }: KindOfTenant): Promise<{ runs: PurgedRun[]; held: number; isLast: boolean }> {
  // As it is now: whoever takes a run goes by that too, and by older settings the same runs would be found again and again.
  const retention = retentionOf(await getTenant(deps, tenant));
  const runs: PurgedRun[] = [];
  let held = 0;
  for await (const { head, keeping } of dueRuns(deps, tenant, kind, retention)) {
    const run = { id: head.id, workflow: head.workflow.name };
    if (((await findHolds(deps, tenant, [run])).get(head.id) ?? []).length > 0) held += 1;
    else {
      if (runs.length === 0) deps.metrics.record(metricNames.purgeBehindDays, (deps.clock.now() - keeping.until) / dayMs);
      runs.push({ ...run, rule: keeping.rule });
    }
    if (runs.length === runsPerPurge) return { runs, held, isLast: false };
  }
  return { runs, held, isLast: true };
}
