/** What the network calls of an attempt leave behind: a word in its error, an audit event in the transaction that ends it, a metric. */
import { auditOp } from '../../audit/audit-event.ts';
import { cutText } from '../../core/text/cut-text.ts';
import type { Json } from '../../core/json/canonical-json.ts';
import type { Deps } from '../../port/deps.ts';
import { egressReasons, type EgressRow, type EgressTrace } from '../../port/egress-trace.ts';
import { metricNames } from '../../port/metrics.ts';
import type { WriteOp } from '../../port/table.ts';
import { runnerIdentity } from '../../tenant/service-identity.ts';
import type { AttemptName } from '../decision-log.ts';
import type { ExecutionRecord } from '../execution-record.ts';
import type { FailedAttempt } from './retry-policy.ts';

/** The whole message of an attempt, as it is stored. */
const maxMessage = 2_000;
/** Targets that a message names; the others are in the trace. */
const namedTargets = 3;

const isRefused = ({ verdict }: EgressRow): boolean => verdict === 'blocked' || verdict === 'would-block';

/** Whether anything was blocked, or would have been. */
function hasRefused(egress: EgressTrace | null): egress is EgressTrace {
  return egress !== null && egress.blocked + egress.wouldBlock > 0;
}

/** The failure with what was blocked meanwhile; it always fits, whatever the task said. */
export function explainFailure(failed: FailedAttempt | null, egress: EgressTrace | null): FailedAttempt | null {
  if (failed === null || egress === null || egress.blocked === 0) return failed;
  const rows = egress.rows.filter(({ verdict }) => verdict === 'blocked');
  const named = rows
    .slice(0, namedTargets)
    .map(({ host, port, reason }) => `${host || 'an unreadable request'}${port === 0 ? '' : `:${port}`} (${egressReasons[reason]})`);
  const rest = rows.length > namedTargets || egress.unlisted > 0 ? ' and more' : '';
  const told = `; egress blocked ${egress.blocked === 1 ? 'once' : `${egress.blocked} times`}: ${named.join(', ')}${rest}`;
  return { ...failed, message: `${cutText(failed.message, maxMessage - told.length)}${told}` };
}

/** One event for an attempt that was blocked, or would have been: the calls that have a row, and the count of all. Nothing for any other. */
export function egressAuditOps(
  deps: Pick<Deps, 'ids' | 'clock' | 'config'>,
  { tenant, id }: ExecutionRecord,
  { task, purpose, attempt }: AttemptName,
  egress: EgressTrace | null,
): WriteOp[] {
  if (!hasRefused(egress)) return [];
  const { mode, enforced, blocked, wouldBlock, unlisted } = egress;
  const calls = egress.rows.filter(isRefused).map((row): Json => ({ ...row }));
  const details = { task: task.id, purpose, attempt, mode, enforced, blocked, wouldBlock, unlisted, calls };
  const reason =
    mode === 'enforce' ? 'not allowed by the egress of the task' : 'not allowed by the egress of the task; the tenant is in shadow mode';
  return [auditOp(deps, tenant, runnerIdentity(tenant), { type: 'mc.egress.blocked', subject: id, reason, details })];
}

/** Counts what was blocked once that is stored. */
export function countRefused({ metrics }: Pick<Deps, 'metrics'>, { tenant }: ExecutionRecord, egress: EgressTrace | null): void {
  if (!hasRefused(egress)) return;
  if (egress.blocked > 0) metrics.count(metricNames.egressBlockTotal, egress.blocked, { tenant });
  if (egress.wouldBlock > 0) metrics.count(metricNames.egressWouldBlockTotal, egress.wouldBlock, { tenant });
}
