/** Whether the table has, for every entry of the log, the statement that it speaks of. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { leafHash } from '../core/merkle-hash.ts';
import { certificateLogEntry, logEntry } from '../log/log-entry.ts';
import { LeafRecord, leafKey, tenantOf } from '../log/log-store.ts';
import { Bundle } from '../receipt/bundle.ts';
import { PurgeExcuses, type ExcuseDeps } from './purge-excuses.ts';

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
  deps: ExcuseDeps,
  { first, entries, signed }: { first: number; entries: readonly string[]; signed: readonly number[] },
): Promise<string[]> {
  const differences: string[] = [];
  const excuses = new PurgeExcuses(deps);
  for (let from = 0; from < entries.length; from += keysPerRead) {
    const some = entries.slice(from, from + keysPerRead);
    const items = await deps.table.getMany(some.map((entry) => leafKey(leafHash(entry).toString('hex'))));
    for (const [at, entry] of some.entries()) {
      const index = first + from + at;
      if (at % entriesPerTurn === 0) await nextTurn();
      const record = LeafRecord.safeParse(items[at]);
      const isProven = record.success && signed.find((size) => size > index) === record.data.size;
      const problem = record.success ? await checkEntry(deps, excuses, { index, entry, record: record.data }) : 'is not in the table';
      if (record.success && !isProven)
        differences.push(`entry ${index} wants its proof from a checkpoint of ${record.data.size} entries, which is none of its`);
      if (problem !== undefined) differences.push(`entry ${index} ${problem}`);
    }
  }
  return differences;
}

async function checkEntry(
  { table, blobs }: ExcuseDeps,
  excuses: PurgeExcuses,
  { index, entry, record }: { index: number; entry: string; record: LeafRecord },
): Promise<string | undefined> {
  if (record.index !== index) return `stands in the table as entry ${record.index}`;
  const tenant = tenantOf(record.of.pk);
  const filed = FiledStatement.safeParse(await table.get(record.of));
  if (tenant === undefined || !filed.success) {
    const problem = await excuses.problemOf(record.of.pk);
    return problem && `speaks of the statement ${record.of.sk}, which is not filed: ${problem}`;
  }
  if (filed.data.leaf !== leafHash(entry).toString('hex')) return `speaks of ${record.of.sk}, which was filed with another entry`;
  const bytes = await blobs.find(tenant, 'receipt', filed.data.bundleDigest);
  if (!bytes) {
    // A purge that is under way takes the rows last.
    const problem = await excuses.problemOf(record.of.pk);
    return problem && `speaks of ${record.of.sk}, whose bundle is gone: ${problem}`;
  }
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
