import { auditOp, type AuditType } from '../audit/audit-event.ts';
import { assertInvariant } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import type { Key } from '../port/table.ts';
import type { Bundle } from '../receipt/bundle.ts';
import { signOnce, type SignOnceDeps } from '../receipt/sign/sign-once.ts';
import type { Statement } from '../receipt/statement.ts';

/** What signs, files and logs a statement of the home itself. */
export type HomeStatementDeps = SignOnceDeps & Pick<Deps, 'ids'> & { config: Pick<Deps['config'], 'ownerTenant' | 'builderId'> };

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
  assertInvariant((await deps.table.get(key)) === undefined, `the statement ${key.sk} is filed already`);
  return signOnce(deps, tenant, key, { build: () => statement, alongside: [auditOp(deps, tenant, operator(tenant), change)] });
}
