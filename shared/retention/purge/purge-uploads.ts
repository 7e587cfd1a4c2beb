/**
 * Uploads that no run named, or none that is there. What a run names goes with the last run that needs it; this is for the rest, which is kept for as long as the
 * logs that are kept longest, counted from when somebody last uploaded it.
 */
import { z } from 'zod';
import { lookForUse } from '../../blob/blob-uses.ts';
import { Digest } from '../../core/digest.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import { filePk } from '../../manifest/file-ref.ts';
import { isoTime } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import { dayMs, retentionOf } from '../../tenant/retention.ts';
import { getTenant } from '../../tenant/tenant-store.ts';
import { countHolds } from '../hold/legal-hold.ts';
import { carryOut, type MayGoOn, type PurgeDeps } from './carry-out.ts';
import { isOwnerThere } from './erase-objects.ts';
import { readMark, writeMark } from './mark.ts';
import { itemsPerChunk, type PurgeItem } from './purge-record.ts';
import { takeAtOnce } from './take-at-once.ts';

const Upload = z.object({ sk: Digest, sizeBytes: z.int(), uploadedAt: z.iso.datetime() });
type Upload = z.infer<typeof Upload>;

/**
 * Erases the uploads that are due, the oldest first. While the tenant has any legal hold all of them stay: what an upload was for, nobody knows. False when
 * `mayGoOn` said no before the end.
 */
export async function purgeUploads(deps: PurgeDeps, tenant: TenantId, mayGoOn: MayGoOn): Promise<boolean> {
  const { logs } = retentionOf(await getTenant(deps, tenant));
  if ((await countHolds(deps, tenant)) > 0) return true;
  const keptMs = Math.max(...Object.values(logs)) * dayMs;
  const to = isoTime(deps.clock.now() - keptMs);
  let from = (await readMark(deps, tenant, 'uploads')) ?? '';
  // Days were added, or no time has passed.
  if (from >= to) return true;
  // The first that may still fall due by itself. What a run needs goes with it, so the next walk passes over everything else.
  let left: string | undefined;
  while (from < to) {
    const uploads = await oldestUploads(deps, tenant, { from, to });
    for (let at = 0; at < uploads.length; at += itemsPerChunk) {
      if (!(await mayGoOn())) return false;
      const some = uploads.slice(at, at + itemsPerChunk);
      const kept = await purgeSome(deps, tenant, some, keptMs);
      left ??= kept?.uploadedAt;
      await writeMark(deps, tenant, 'uploads', left ?? placeOf(some.at(-1)));
    }
    from = uploads.length < uploadsPerWalk ? to : placeOf(uploads.at(-1));
  }
  if (left === undefined) await writeMark(deps, tenant, 'uploads', to);
  return true;
}

/** Some megabytes of memory. */
const uploadsPerWalk = 10_000;

/** In the order of time, and behind the time itself. */
const placeOf = (upload: Upload | undefined): string => (upload ? `${upload.uploadedAt}#${upload.sk}` : '');

/** Erases those of them that nobody needs; answers the first that stays and may still fall due by itself. */
async function purgeSome(deps: PurgeDeps, tenant: TenantId, uploads: readonly Upload[], keptMs: number): Promise<Upload | undefined> {
  const { due, fresh } = await judge(deps, tenant, uploads, keptMs);
  const isTaken = due.length === 0 || (await takeUploads(deps, tenant, due));
  return uploads.find((upload) => fresh.includes(upload) || (!isTaken && due.includes(upload)));
}

/** The first of those that were uploaded from then to then. They lie by digest, so all of the tenant's rows are passed. */
async function oldestUploads(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  { from, to }: { from: string; to: string },
): Promise<Upload[]> {
  let oldest: Upload[] = [];
  let cursor: string | undefined;
  do {
    const page = await table.query({ pk: filePk(tenant), limit: 1_000, ...(cursor && { cursor }) });
    const within = page.items.map((item) => Upload.parse(item)).filter((each) => placeOf(each) > from && each.uploadedAt <= to);
    oldest = [...oldest, ...within].sort((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1)).slice(0, uploadsPerWalk);
    cursor = page.cursor;
  } while (cursor);
  return oldest;
}

/** Which of these nobody needs, and which somebody stored or named lately and may still not need. */
async function judge(
  deps: PurgeDeps,
  tenant: TenantId,
  uploads: readonly Upload[],
  keptMs: number,
): Promise<Record<'due' | 'fresh', Upload[]>> {
  const judged = { due: [] as Upload[], fresh: [] as Upload[], needed: [] as Upload[] };
  const isThere = (owner: string): Promise<boolean> => isOwnerThere(deps, tenant, owner);
  for (const upload of uploads) {
    const use = await lookForUse(deps, tenant, upload.sk, { isThere, freshMs: keptMs });
    judged[use === 'none' ? 'due' : use].push(upload);
  }
  return judged;
}

/** False for a hold, or other settings: the next round looks again. A run that names one of them meanwhile keeps it. */
async function takeUploads(deps: PurgeDeps, tenant: TenantId, due: readonly Upload[]): Promise<boolean> {
  const objects = due.map(({ sk: digest, sizeBytes }): PurgeItem => {
    return { kind: 'data', name: `uploads/${digest}`, digest, sizeBytes, isOwn: false, result: null };
  });
  const reason = 'uploads that no run names';
  const purge = await takeAtOnce(deps, await getTenant(deps, tenant), { kind: 'uploads', reason, entries: [], ops: () => [], objects });
  if (purge) await carryOut(deps, tenant, purge);
  return purge !== undefined;
}
