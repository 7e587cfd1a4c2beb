import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import { leafHash } from '../core/merkle-hash.ts';
import { findEntryPlace, tenantOf } from '../log/log-store.ts';
import { openStoredTree } from '../log/stored-tree.ts';
import { tileWidth } from '../log/tile-path.ts';
import type { Deps } from '../port/deps.ts';
import { verifyOwn } from '../receipt/verify-own.ts';
import { refuseRotation } from './refuse-rotation.ts';
import type { RotationChecks } from './rotation.ts';

type SampleDeps = Pick<Deps, 'table' | 'blobs' | 'signer'>;

const Filed = z.looseObject({ bundleDigest: Digest });

/** Enough to meet every key of some age; the monitor of the log looks at everything. */
const maxSamples = 64;

/** Verifies statements from the whole of the transparency log, the first and the last among them; throws `mc:key:rotation-refused` when one does not verify. */
export async function sampleLog(deps: SampleDeps): Promise<Omit<RotationChecks, 'rewrapped'>> {
  const tree = await openStoredTree(deps);
  const byKey: Record<string, number> = {};
  let notKept = 0;
  const indexes = evenly(tree.size);
  for (const index of indexes) {
    const entries = await tree.entries(Math.floor(index / tileWidth));
    const keyId = await verifyEntry(deps, index, entries[index % tileWidth] ?? '');
    if (keyId === undefined) notKept += 1;
    else byKey[keyId] = (byKey[keyId] ?? 0) + 1;
  }
  return { logSize: tree.size, sampled: indexes.length - notKept, notKept, byKey };
}

function evenly(size: number): number[] {
  const count = Math.min(size, maxSamples);
  return Array.from({ length: count }, (_, at) => (count === 1 ? 0 : Math.floor((at * (size - 1)) / (count - 1))));
}

/** The key that signed the statement of this entry; undefined when the statement is not kept any more. */
async function verifyEntry(deps: SampleDeps, index: number, entry: string): Promise<string | undefined> {
  const of = (await findEntryPlace(deps, leafHash(entry).toString('hex')))?.of;
  const tenant = of && tenantOf(of.pk);
  if (!tenant) return undefined;
  try {
    const filed = Filed.safeParse(await deps.table.get(of));
    const bytes = filed.success ? await deps.blobs.find(tenant, 'receipt', filed.data.bundleDigest) : undefined;
    return bytes && (await verifyOwn(deps, JSON.parse(Buffer.from(bytes).toString('utf8')))).keyId;
  } catch (cause) {
    if (cause instanceof McError && cause.code === 'mc:store:shredded') return undefined;
    throw refuseRotation(`Entry ${index} of the log, ${of.sk}, does not verify with the keys of this home`, cause);
  }
}
