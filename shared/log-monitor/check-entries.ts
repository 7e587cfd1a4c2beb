/** Whether the table has, for every entry of the log, the statement that it speaks of. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { leafHash } from '../core/merkle-hash.ts';
import { TenantId } from '../core/tenant-id.ts';
import { certificateLogEntry, logEntry } from '../log/log-entry.ts';
import { isPurgedPartition } from '../execution/tombstone.ts';
import { LeafRecord, leafKey } from '../log/log-store.ts';
import type { Deps } from '../port/deps.ts';
import { Bundle } from '../receipt/bundle.ts';

type CheckDeps = Pick<Deps, 'table' | 'blobs'>;

const FiledStatement = z.looseObject({ bundleDigest: Digest, leaf: z.string() });
const RawBytes = z.object({ rawBytes: z.base64() });
const Verifier = z.union([z.object({ publicKey: RawBytes }), z.object({ x509Certificate: RawBytes })]);
const Entry = z.object({ spec: z.object({ hashedRekordV002: z.object({ signature: z.object({ verifier: Verifier }) }) }) });

/** Keys that one read takes. */
const keysPerRead = 100;
/** Some milliseconds of work, after which whoever shares the process gets a turn: the store of an embedded home answers at once. */
const entriesPerTurn = 16;

/** What is wrong with these entries, of which the first has this index; `signed` are the sizes of the trees with a checkpoint, of which one is every entry's first. */
export async function checkEntries(
  deps: CheckDeps,
  { first, entries, signed }: { first: number; entries: readonly string[]; signed: readonly number[] },
): Promise<string[]> {
  const differences: string[] = [];
  for (let from = 0; from < entries.length; from += keysPerRead) {
    const some = entries.slice(from, from + keysPerRead);
    const items = await deps.table.getMany(some.map((entry) => leafKey(leafHash(entry).toString('hex'))));
    for (const [at, entry] of some.entries()) {
      const index = first + from + at;
      if (at % entriesPerTurn === 0) await nextTurn();
      const record = LeafRecord.safeParse(items[at]);
      const isProven = record.success && signed.find((size) => size > index) === record.data.size;
      const problem = record.success ? await checkEntry(deps, { index, entry, record: record.data }) : 'is not in the table';
      if (record.success && !isProven)
        differences.push(`entry ${index} wants its proof from a checkpoint of ${record.data.size} entries, which is none of its`);
      if (problem !== undefined) differences.push(`entry ${index} ${problem}`);
    }
  }
  return differences;
}

async function checkEntry(
  { table, blobs }: CheckDeps,
  { index, entry, record }: { index: number; entry: string; record: LeafRecord },
): Promise<string | undefined> {
  if (record.index !== index) return `stands in the table as entry ${record.index}`;
  const tenant = TenantId.safeParse(/^T#([^#]+)#/.exec(record.of.pk)?.[1]);
  const filed = FiledStatement.safeParse(await table.get(record.of));
  // The statements of a purged run are gone with it; the deletion manifest of its tombstone is an entry of its own.
  if (tenant.success && !filed.success && (await isPurgedPartition(table, record.of.pk))) return undefined;
  if (!tenant.success || !filed.success) return `speaks of the statement ${record.of.sk}, which is not filed`;
  if (filed.data.leaf !== leafHash(entry).toString('hex')) return `speaks of ${record.of.sk}, which was filed with another entry`;
  const bytes = await blobs.find(tenant.data, 'receipt', filed.data.bundleDigest);
  // A purge that is under way takes the rows last.
  if (!bytes) return (await isPurgedPartition(table, record.of.pk)) ? undefined : `speaks of ${record.of.sk}, whose bundle is gone`;
  const bundle = Bundle.safeParse(parseJson(bytes));
  const said = Entry.safeParse(parseJson(Buffer.from(entry)));
  if (!bundle.success || !said.success) return `or its bundle cannot be read`;
  const { verifier } = said.data.spec.hashedRekordV002.signature;
  return entryOf(bundle.data, verifier) === entry ? undefined : `speaks of another statement than ${record.of.sk}`;
}

/** The entry that this statement has with a key, or with the certificate of one. */
function entryOf({ dsseEnvelope }: Bundle, verifier: z.infer<typeof Verifier>): string {
  if ('x509Certificate' in verifier) return certificateLogEntry(dsseEnvelope, Buffer.from(verifier.x509Certificate.rawBytes, 'base64'));
  const key = createPublicKey({ key: Buffer.from(verifier.publicKey.rawBytes, 'base64'), format: 'der', type: 'spki' });
  return logEntry(dsseEnvelope, key.export({ format: 'pem', type: 'spki' }).toString());
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined; // The schema says that it is not what it should be.
  }
}
