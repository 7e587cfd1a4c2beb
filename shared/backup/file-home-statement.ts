import { logEntryOp } from '../log/log-entry-op.ts';
import { withLogEntry, type ProofDeps } from '../log/with-log-entry.ts';
import { assertInvariant } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { auditOp, type AuditType } from '../audit/audit-event.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import type { Key } from '../port/table.ts';
import type { Bundle } from '../receipt/bundle.ts';
import { signStatement } from '../receipt/sign-statement.ts';
import type { Statement } from '../receipt/statement.ts';
import { verifyOwn } from '../receipt/verify-own.ts';

/** What signs, files and logs a statement of the home itself. */
export type HomeStatementDeps = ProofDeps & Pick<Deps, 'signer' | 'ids'> & { config: Pick<Deps['config'], 'ownerTenant' | 'builderId'> };

interface HomeStatement {
  /** The row that files it, which is not there yet. */
  key: Key;
  statement: Statement;
  change: { type: AuditType; subject: string; reason: string };
}

/** Whoever may open the data folder owns the home. */
const operator = (tenant: TenantId): { sub: string; tenant: TenantId; roles: readonly string[] } => ({
  sub: 'admin@local',
  tenant,
  roles: ['admin'],
});

/** Signs a statement about the home, and files it with its audit event and its log entry in one write; answers the bundle with the proof of the entry. */
export async function fileHomeStatement(deps: HomeStatementDeps, { key, statement, change }: HomeStatement): Promise<Bundle> {
  const tenant = deps.config.ownerTenant;
  const bundle = await signStatement(deps.signer, statement);
  const { pem } = await verifyOwn(deps, bundle, { predicateType: statement.predicateType });
  const bundleDigest = await deps.blobs.put(tenant, 'receipt', Buffer.from(JSON.stringify(bundle)));
  const { leaf, op } = logEntryOp(bundle, pem, key);
  const item = { ...key, bundleDigest, leaf, signedAt: isoTime(deps.clock.now()) };
  const { ok } = await deps.table.write([
    { kind: 'put', item, conditions: [{ kind: 'absent' }] },
    op,
    auditOp(deps, tenant, operator(tenant), change),
  ]);
  assertInvariant(ok, `the statement ${key.sk} is filed already`);
  return withLogEntry(deps, bundle, leaf);
}
