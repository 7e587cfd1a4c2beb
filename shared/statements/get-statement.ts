/** What a home signed and filed, by the id of what it is about. Receipts of decisions, and traces, are signed when somebody asks for them, and have operations of their own for that. */
import { McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { signedStatement, type IdentityDeps, type StatementForm } from '../identity/identity-form.ts';
import type { Key } from '../port/table.ts';
import type { Bundle } from '../receipt/bundle.ts';
import type { IdentityBundle } from '../receipt/identity-bundle.ts';
import type { Actor } from '../tenant/actor.ts';
import { statementRow } from './statement-rows.ts';

interface Wanted {
  id: string;
  /** Which statement of an id that has several. */
  name?: string;
  form: StatementForm;
}

/** The statement of this tenant, with its entry in the transparency log; throws `mc:statement:not-found`. */
export async function getStatement(deps: IdentityDeps, { tenant }: Actor, { id, name, form }: Wanted): Promise<Bundle | IdentityBundle> {
  const row = await findRow(deps, tenant, { id, ...(name !== undefined && { name }) });
  if (!row)
    throw new McError(
      'mc:statement:not-found',
      `nothing signed has the id ${id.slice(0, 64)}${name === undefined ? '' : ` and the name ${name}`}`,
    );
  return signedStatement(deps, tenant, row, form);
}

async function findRow({ table }: IdentityDeps, tenant: TenantId, { id, name }: { id: string; name?: string }): Promise<Key | undefined> {
  const row = statementRow(tenant, id, name);
  return row && (await table.get(row)) && row;
}
