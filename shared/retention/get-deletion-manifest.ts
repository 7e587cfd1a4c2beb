import { idSchema } from '../core/id.ts';
import { InvariantError, McError } from '../core/errors.ts';
import { withLogEntry, type ProofDeps } from '../log/with-log-entry.ts';
import type { Bundle } from '../receipt/bundle.ts';
import { findBundle } from '../receipt/find-bundle.ts';
import type { Actor } from '../tenant/actor.ts';
import { FiledManifest, manifestKey, purgeKey, readPurge, type Purge } from './purge/purge-record.ts';

/** The end of a purge: what it was, its signed manifest, and the inventory that the manifest speaks of. */
export interface DeletionManifest {
  purge: Purge;
  bundle: Bundle;
  /** The bytes whose digest is the first subject. */
  inventory: string;
}

/** The signed deletion manifest of a purge of the caller's tenant, with its entry in the transparency log. Throws `mc:retention:not-found`. */
export async function getDeletionManifest(deps: ProofDeps, { tenant }: Actor, id: string): Promise<DeletionManifest> {
  const { data: name } = idSchema('purge').safeParse(id);
  const item = name && (await deps.table.get(purgeKey(tenant, name)));
  if (!name || !item) throw new McError('mc:retention:not-found', `There is no purge ${id.slice(0, 64)}.`);
  const filed = await deps.table.get(manifestKey(tenant, name));
  if (!filed) throw new McError('mc:retention:not-found', `${name} has no manifest: it has not ended, or nothing was purged.`);
  const { bundleDigest, leaf, inventory } = FiledManifest.parse(filed);
  const [bundle, lines] = await Promise.all([findBundle(deps, tenant, bundleDigest), deps.blobs.find(tenant, 'receipt', inventory)]);
  if (!bundle || !lines) throw new InvariantError(`the deletion manifest of ${name} is gone`);
  return { purge: readPurge(item), bundle: await withLogEntry(deps, bundle, leaf), inventory: Buffer.from(lines).toString('utf8') };
}
