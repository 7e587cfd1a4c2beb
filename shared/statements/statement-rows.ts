import { restoreKey } from '../backup/restore-statement.ts';
import { backupKey } from '../backup/state-backup.ts';
import { idSchema, type Id, type IdPrefix } from '../core/id.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { executionPk } from '../execution/execution-record.ts';
import type { Key } from '../port/table.ts';
import { releaseKey } from '../receipt/release-statement.ts';
import { manifestKey } from '../retention/purge/purge-record.ts';
import { statementKey, statementNames } from '../rotation/sign-rotation.ts';

type FindRow = (tenant: TenantId, id: string, name?: string) => Key | undefined;

/** By the kind of its id, where a signed statement is filed. Every row holds `bundleDigest` and `leaf`; whoever signs a new kind adds a line. */
const rows: readonly FindRow[] = [
  rowOf('exec', (tenant, id, name = 'receipt') => {
    const sk = statementOfRun(name);
    return sk === undefined ? undefined : { pk: executionPk(tenant, id), sk };
  }),
  rowOf('rel', releaseKey),
  rowOf('purge', manifestKey),
  rowOf('bak', (tenant, id, name = 'backup') => backupStatements.get(name)?.(tenant, id)),
  // A rotation has several; the last says that it is done. Only the owner's are there.
  rowOf('rot', (ownerTenant, id, name = 'completed') => {
    const known = statementNames.find((each) => each === name);
    return known && statementKey({ config: { ownerTenant } }, id, known);
  }),
];

/** A backup has the statement of the home that it was made of, and that of a home which was restored from it. */
const backupStatements = new Map([
  ['backup', backupKey],
  ['restore', restoreKey],
]);

/** A run has a receipt, a trace once somebody asked for it, and a manifest for each content of its disclosure pack, by the digest of manifest.json. */
function statementOfRun(name: string): string | undefined {
  if (name === 'receipt' || name === 'egress') return name.toUpperCase();
  const manifest = /^disclosure:(?<digest>[0-9a-f]{64})$/.exec(name)?.groups?.['digest'];
  return manifest && `DISCLOSURE#${manifest}`;
}

/** The row of this tenant's statement with this id, whether there is one or not; undefined for an id under which nothing is signed. */
export function statementRow(tenant: TenantId, id: string, name?: string): Key | undefined {
  for (const find of rows) {
    const row = find(tenant, id, name);
    if (row) return row;
  }
  return undefined;
}

function rowOf<P extends IdPrefix>(prefix: P, find: (tenant: TenantId, id: Id<P>, name?: string) => Key | undefined): FindRow {
  const schema = idSchema(prefix);
  return (tenant, id, name) => {
    const parsed = schema.safeParse(id);
    return parsed.success ? find(tenant, parsed.data, name) : undefined;
  };
}
