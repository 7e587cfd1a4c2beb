import type { TenantId } from '../core/tenant-id.ts';
import type { Key } from '../port/table.ts';
import type { Bundle } from '../receipt/bundle.ts';
import { backupStatement, type BackupFacts } from './backup-statement.ts';
import { fileHomeStatement, type HomeStatementDeps } from './file-home-statement.ts';

/** Where the statement of a backup is filed. */
export const backupKey = (ownerTenant: TenantId, id: string): Key => ({ pk: `T#${ownerTenant}#BACKUP`, sk: id });

/** Signs, files and logs what a backup says of itself; answers the bundle that lies in it. */
export async function stateBackup(deps: HomeStatementDeps, facts: BackupFacts): Promise<Bundle> {
  return fileHomeStatement(deps, {
    key: backupKey(deps.config.ownerTenant, facts.id),
    statement: backupStatement(facts),
    change: { type: 'mc.home.backup', subject: facts.id, reason: 'a backup was made' },
  });
}
