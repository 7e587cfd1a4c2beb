/** A purge that somebody asks for: of one run, or of everything that is due. The rules are those of every other purge; asking makes nothing due. */
import { z } from 'zod';
import { auditOp } from '../audit/audit-event.ts';
import { hasCode, McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { getExecutionRecord } from '../execution/execution-store.ts';
import { parseExecutionId } from '../execution/read/get-execution.ts';
import { isoTime } from '../port/clock.ts';
import { reachTenant } from '../tenant-admin/tenant-access.ts';
import { Reason } from '../tenant-admin/tenant-settings.ts';
import type { Actor } from '../tenant/actor.ts';
import { retentionOf, RunKind } from '../tenant/retention.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { beginPurge, carryOut, type PurgeDeps } from './purge/carry-out.ts';
import { decideKeeping, dueRuns, isPurged } from './purge/due.ts';
import { findHolds } from './hold/legal-hold.ts';
import { steadyNow, trustClock } from './home-clock.ts';
import { Purge, runsPerPurge, type PurgedRun } from './purge/purge-record.ts';

/** Body of a request for a purge. */
export const PurgeRequest = z
  .strictObject({
    execution: z.string().min(1).max(160).optional().describe('Only this run; it must be due and not held'),
    kind: RunKind.optional().describe('Only this of it; default: for one run the run as a whole, otherwise everything that is due'),
    dryRun: z.boolean().default(false).describe('Only tell what would go'),
    clockIsRight: z
      .literal(true)
      .optional()
      .describe('The word of who runs the home that its clock is right, wherever it stood at the last round; of no use in a dry run'),
    reason: Reason,
  })
  .meta({ id: 'PurgeRequest' });
export type PurgeRequest = z.infer<typeof PurgeRequest>;

const PlannedRun = z.strictObject({ execution: z.string(), kind: RunKind, rule: z.string(), holds: z.array(z.string()) });

/** What went, or what would go. */
export const PurgeAnswer = z
  .strictObject({
    purges: z.array(Purge).describe('The purges that were done'),
    planned: z.array(PlannedRun).describe('Of a dry run: what is due, with the legal holds that keep it'),
    isDone: z.boolean().describe('False when more is due than one request takes'),
  })
  .meta({ id: 'PurgeAnswer' });
export type PurgeAnswer = z.infer<typeof PurgeAnswer>;

/** Runs of one request: it is answered within the patience of a gateway. */
const runsPerRequest = 20;
/** A dry run only reads. */
const runsPerDryRun = runsPerPurge;

/**
 * Purges what is asked for, or tells what that would be. Throws `mc:retention:held` and `mc:retention:not-due` for a run that must be kept, and
 * `mc:retention:clock-moved`; nothing is touched then.
 */
export async function purgeNow(
  deps: PurgeDeps,
  actor: Actor,
  { tenant: name, request }: { tenant: string; request: PurgeRequest },
): Promise<PurgeAnswer> {
  const tenant = await reachTenant(deps, actor, name);
  if (!request.dryRun) await checkClock(deps, actor, tenant.id, request);
  if (request.execution !== undefined) return purgeOne(deps, actor, tenant, { ...request, execution: request.execution });
  const answer: PurgeAnswer = { purges: [], planned: [], isDone: true };
  const kinds = request.kind ? [request.kind] : (['receipts', 'data', 'logs'] as const);
  let room = request.dryRun ? runsPerDryRun : runsPerRequest;
  for (const kind of kinds) {
    const due = await dueOf(deps, tenant, kind, { room, isDryRun: request.dryRun });
    answer.isDone &&= due.isLast;
    if (request.dryRun) {
      answer.planned.push(...due.runs.map(({ id, rule, holds }) => ({ execution: id, kind, rule, holds })));
      room -= due.runs.length;
    } else {
      const runs = due.runs.map(({ holds: _holds, ...run }) => run);
      if (runs.length > 0) answer.purges.push(await purge(deps, tenant.id, { kind, runs, reason: request.reason, startedBy: actor }));
      room -= runs.length;
    }
    if (room <= 0) return { ...answer, isDone: false };
  }
  return answer;
}

/** A dry run tells what would go by the clock as it is, and takes nothing. */
async function checkClock(deps: PurgeDeps, actor: Actor, tenant: TenantId, { clockIsRight, reason }: PurgeRequest): Promise<void> {
  if (clockIsRight === true) return trustClock(deps, actor, reason);
  try {
    await steadyNow(deps);
  } catch (error) {
    if (!hasCode(error, 'mc:retention:clock-moved')) throw error;
    await refuse(deps, actor, tenant, error);
  }
}

interface Due {
  runs: (PurgedRun & { holds: string[] })[];
  isLast: boolean;
}

/** Runs that are due, the oldest first; those that a hold keeps only for a dry run, which tells of them. */
async function dueOf(
  deps: PurgeDeps,
  tenant: Tenant,
  kind: RunKind,
  { room, isDryRun }: { room: number; isDryRun: boolean },
): Promise<Due> {
  const runs: Due['runs'] = [];
  for await (const { head, keeping } of dueRuns(deps, tenant.id, kind, retentionOf(tenant))) {
    const run = { id: head.id, workflow: head.workflow.name };
    const holds = (await findHolds(deps, tenant.id, [run])).get(head.id) ?? [];
    if (holds.length > 0 && !isDryRun) continue;
    if (runs.length >= room) return { runs, isLast: false };
    runs.push({ ...run, rule: keeping.rule, holds });
  }
  return { runs, isLast: true };
}

async function purgeOne(
  deps: PurgeDeps,
  actor: Actor,
  tenant: Tenant,
  request: PurgeRequest & { execution: string },
): Promise<PurgeAnswer> {
  const { kind = 'receipts', dryRun, reason } = request;
  const head = await getExecutionRecord(deps, tenant.id, parseExecutionId(request.execution));
  const run = { id: head.id, workflow: head.workflow.name };
  const holds = (await findHolds(deps, tenant.id, [run])).get(head.id) ?? [];
  const keeping = decideKeeping(retentionOf(tenant), kind, head);
  if (dryRun) return { purges: [], planned: keeping ? [{ execution: head.id, kind, rule: keeping.rule, holds }] : [], isDone: true };
  // A hold is told before anything else: whoever asks must learn of it, whatever the rules say.
  if (holds.length > 0)
    await refuse(
      deps,
      actor,
      tenant.id,
      new McError('mc:retention:held', `${head.id} is kept by ${holds.join(', ')}; nothing was purged.`),
    );
  if (isPurged(kind, head)) return { purges: [], planned: [], isDone: true };
  if (!keeping || keeping.until > deps.clock.now()) {
    const until = keeping ? `until ${isoTime(keeping.until)} (${keeping.rule})` : 'while it runs';
    await refuse(deps, actor, tenant.id, new McError('mc:retention:not-due', `${head.id} is kept ${until}; nothing was purged.`));
  }
  const rule = keeping?.rule ?? '';
  const done = await purge(deps, tenant.id, { kind, runs: [{ ...run, rule }], reason, startedBy: actor });
  // A hold that came in between has won.
  if (done.counts?.held === 1)
    await refuse(deps, actor, tenant.id, new McError('mc:retention:held', `${head.id} is kept by a legal hold that came just now.`));
  return { purges: [done], planned: [], isDone: true };
}

/** Who wanted to purge what must be kept stands in the audit events too. */
async function refuse(deps: PurgeDeps, actor: Actor, tenant: TenantId, error: McError): Promise<never> {
  const subject = /^\S+/.exec(error.message)?.[0] ?? tenant;
  await deps.table.write([auditOp(deps, tenant, actor, { type: 'mc.purge.refuse', subject, reason: error.message })]);
  throw error;
}

async function purge(deps: PurgeDeps, tenant: TenantId, begun: Parameters<typeof beginPurge>[2]): Promise<Purge> {
  const done = await carryOut(deps, tenant, await beginPurge(deps, tenant, begun));
  if (!done) throw new McError('mc:store:conflict', 'the purge was stopped; the next round goes on');
  return done;
}
