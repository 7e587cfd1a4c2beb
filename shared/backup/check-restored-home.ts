import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { hasCode, McError } from '../core/errors.ts';
import { fileBatch } from '../log/file-batch.ts';
import * as store from '../log/log-store.ts';
import { monitorLog } from '../log-monitor/monitor-log.ts';
import { PurgeExcuses } from '../log-monitor/purge-excuses.ts';
import type { Deps } from '../port/deps.ts';
import { verifyOwn } from '../receipt/verify-own.ts';

export type CheckDeps = Pick<Deps, 'table' | 'blobs' | 'signer' | 'logKey' | 'clock' | 'faults' | 'metrics' | 'logger' | 'checkSignature'>;

export interface CheckedHome {
  /** Entries of the log that were hashed anew. */
  entries: number;
  /** Signed statements that are there and verify. */
  statements: number;
}

const Entry = z.object({ of: store.LeafRecord.shape.of });
const Filed = z.looseObject({ bundleDigest: Digest });
/** Signatures that are checked at the same time, on threads of the pool. */
const atOnce = 16;
const leavesPerPage = 256;

/**
 * Checks a home that nobody uses yet as its monitor and its auditors would: the whole log against its checkpoint and the table, and the signature of every statement in it.
 * Throws `mc:backup:invalid` with the first differences.
 */
export async function checkRestoredHome(deps: CheckDeps, wanted: { size: number; checkpoint: string | null }): Promise<CheckedHome> {
  const head = await store.readHead(deps);
  if ((head?.size ?? 0) !== wanted.size || (head?.published?.note ?? null) !== wanted.checkpoint)
    throw invalid(`the log has ${head?.size ?? 0} entries where the backup says ${wanted.size}, or another checkpoint`);
  // A batch that had its indexes and no checkpoint yet: what the home would do first when it starts.
  if (head && !head.isFiled) await fileBatch(deps, head);
  await deps.table.write([{ kind: 'delete', key: store.monitorKey }]);
  let verified = 0;
  while (verified < wanted.size) {
    const look = await monitorLog(deps);
    if (look.differences.length > 0) throw invalid(`the log and the table differ: ${look.differences.slice(0, 3).join('; ')}`);
    if (look.verified === verified) throw invalid(`the log cannot be read behind its first ${verified} entries`);
    ({ verified } = look);
  }
  return { entries: verified, statements: await checkStatements(deps) };
}

async function checkStatements(deps: CheckDeps): Promise<number> {
  let count = 0;
  const excuses = new PurgeExcuses(deps);
  // What is in the log, and what waited for it at the moment of the backup.
  for (const pk of store.pendingShards.flatMap((shard) => [store.leafKey(shard).pk, store.pendingPk(shard)])) {
    let cursor: string | undefined;
    do {
      const page = await deps.table.query({ pk, limit: leavesPerPage, ...(cursor !== undefined && { cursor }) });
      for (let at = 0; at < page.items.length; at += atOnce)
        count += (
          await Promise.all(page.items.slice(at, at + atOnce).map((item) => checkStatement(deps, excuses, Entry.parse(item))))
        ).filter(Boolean).length;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
  return count;
}

/** False for a statement that a purge took, or is taking. */
async function checkStatement(deps: CheckDeps, excuses: PurgeExcuses, { of }: z.infer<typeof Entry>): Promise<boolean> {
  const filed = Filed.safeParse(await deps.table.get(of));
  const tenant = store.tenantOf(of.pk);
  const bytes = filed.success && tenant ? await deps.blobs.find(tenant, 'receipt', filed.data.bundleDigest) : undefined;
  if (!bytes) {
    const problem = await excuses.problemOf(of.pk);
    if (problem === undefined) return false;
    throw invalid(`the statement ${of.sk} ${filed.success ? 'has no bundle' : 'is not filed'}: ${problem}`);
  }
  try {
    await verifyOwn(deps, JSON.parse(Buffer.from(bytes).toString('utf8')), {}, deps.checkSignature);
    return true;
  } catch (cause) {
    if (!(cause instanceof SyntaxError) && !hasCode(cause, 'mc:receipt:invalid')) throw cause;
    throw new McError('mc:backup:invalid', `the statement ${of.sk} does not verify: ${cause.message}`, { cause });
  }
}

function invalid(message: string): McError {
  return new McError('mc:backup:invalid', message);
}
