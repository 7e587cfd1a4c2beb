/**
 * Logs of a home that nothing is appended to any more. A home that was restored has lost what its log got after the backup, and somebody may hold a checkpoint of
 * that: appending would fork the log. So the log ends where the backup was taken, and the home begins another one with another key.
 */
import { z } from 'zod';
import { assertInvariant, McError } from '../core/errors.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import type { Item, Key, WriteOp } from '../port/table.ts';
import { fileBatch } from './file-batch.ts';
import { logIdentity, type LogIdentity } from './log-identity.ts';
import * as store from './log-store.ts';

const { pk: retiredPk } = store.retiredKey('');
/** With the one that is appended to as many as a trusted root may name (shared/receipt/trusted-logs.ts); a home is not restored more often. */
const maxRetired = 63;
const rowsPerPage = 50;

export const RetiredLog = z.object({
  sk: z.string(),
  pem: z.string(),
  /** Entries that it ended with. */
  size: z.int().nonnegative(),
  /** Its last checkpoint; null for a log without entries. */
  note: z.string().nullable(),
  retiredAt: z.iso.datetime(),
});
export type RetiredLog = z.infer<typeof RetiredLog>;

type RetireDeps = Pick<Deps, 'table' | 'blobs' | 'logKey' | 'clock' | 'faults'>;

/** The logs of this home that ended, in the order of their names. */
export async function listRetiredLogs({ table }: Pick<Deps, 'table'>): Promise<RetiredLog[]> {
  const { items } = await table.query({ pk: retiredPk, limit: maxRetired });
  return items.map((item) => RetiredLog.parse(item));
}

/** Every log of this home, the one that is appended to first: whoever trusts the home trusts the checkpoints of all of them. */
export async function listLogs(deps: Pick<Deps, 'table' | 'logKey'>): Promise<LogIdentity[]> {
  const retired = await listRetiredLogs(deps);
  return [logIdentity(await deps.logKey.publicKey()), ...retired.map(({ pem }) => logIdentity(pem))];
}

/**
 * Ends the log of a home that nobody else uses at the moment. Its entries keep their proofs; what waits goes into the next log, which begins with the next key.
 * Every step can be repeated after a crash. Answers what the log ended with. Throws `mc:log:too-many` before it changes anything.
 */
export async function retireLog(deps: RetireDeps): Promise<RetiredLog> {
  const pem = await deps.logKey.publicKey();
  const { origin } = logIdentity(pem);
  await refuseOneTooMany(deps, origin);
  const begun = await store.readHead(deps);
  // The indexes of this batch were given before the backup, so this is the checkpoint that the lost home signed, or would have.
  if (begun && !begun.isFiled) await fileBatch(deps, begun);
  const published = (await store.readHead(deps))?.published ?? null;
  const retired: RetiredLog = {
    sk: origin,
    pem,
    size: published?.size ?? 0,
    note: published?.note ?? null,
    retiredAt: isoTime(deps.clock.now()),
  };
  const { ok } = await deps.table.write([{ kind: 'put', item: { ...retired, pk: retiredPk }, conditions: [{ kind: 'absent' }] }]);
  const place = store.retiredLog(origin);
  const earlier = ok ? retired : (await listRetiredLogs(deps)).find(({ sk }) => sk === origin);
  assertInvariant(earlier !== undefined, `the log ${origin} is retired and is not`);
  await moveRows(deps, store.checkpointKey(0).pk, (sk) => place.checkpoint(Number(sk)));
  await moveRows(deps, store.tileKey('').pk, (sk) => place.tile(sk));
  const edge = await deps.table.get(store.edgeKey);
  const gone = [store.headKey, store.edgeKey, store.batchKey, store.monitorKey, store.patrolKey, store.watchKey];
  await deps.table.write([
    ...(edge ? [{ kind: 'put', item: { ...edge, ...place.edge } } as const] : []),
    ...gone.map((key): WriteOp => ({ kind: 'delete', key })),
  ]);
  return earlier;
}

/** One that is left out of the list takes the proofs of all its receipts with it. */
async function refuseOneTooMany(deps: Pick<Deps, 'table'>, origin: string): Promise<void> {
  const retired = await listRetiredLogs(deps);
  if (retired.length < maxRetired || retired.some(({ sk }) => sk === origin)) return;
  throw new McError(
    'mc:log:too-many',
    `the log ${origin} cannot end: ${maxRetired} logs of this home have ended already, and no more are allowed`,
  );
}

async function moveRows({ table }: Pick<Deps, 'table'>, pk: string, to: (sk: string) => Key): Promise<void> {
  for (;;) {
    const { items } = await table.query({ pk, limit: rowsPerPage });
    if (items.length === 0) return;
    await table.write(
      items.flatMap((item: Item): WriteOp[] => [
        { kind: 'put', item: { ...item, ...to(item.sk) } },
        { kind: 'delete', key: item },
      ]),
    );
  }
}
