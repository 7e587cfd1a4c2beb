/** Whether the table has, for every entry of the log, the statement that it speaks of. */
import { createPublicKey } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { leafHash } from '../core/merkle-hash.ts';
import { certificateLogEntry, logEntry } from '../log/log-entry.ts';
import { LeafRecord, leafKey, tenantOf } from '../log/log-store.ts';
import type { Item } from '../port/table.ts';
import { Bundle } from '../receipt/bundle.ts';
import type { Pausing } from './pausing.ts';
import { PurgeExcuses, type ExcuseDeps } from './purge-excuses.ts';

const FiledStatement = z.looseObject({ bundleDigest: Digest, leaf: z.string() });
const RawBytes = z.object({ rawBytes: z.base64() });
const Verifier = z.union([z.object({ publicKey: RawBytes }), z.object({ x509Certificate: RawBytes })]);
const Entry = z.object({ spec: z.object({ hashedRekordV002: z.object({ signature: z.object({ verifier: Verifier }) }) }) });

/** Some milliseconds of work, after which the look pauses. */
const entriesPerTurn = 16;
/** Unwrapping a key is much of the work for an entry, and a log knows few keys. */
const knownKeys = new LRUCache<string, string>({ max: 64 });

/** What is wrong with these entries, of which the first has this index; `signed` are the sizes of the trees with a checkpoint, of which one is every entry's first. */
export async function checkEntries(
  deps: ExcuseDeps & Pausing,
  { first, entries, signed }: { first: number; entries: readonly string[]; signed: readonly number[] },
): Promise<string[]> {
  const differences: string[] = [];
  const excuses = new PurgeExcuses(deps);
  for (let from = 0; from < entries.length; from += entriesPerTurn) {
    await deps.pause();
    for (const [at, { entry, record, filed }] of (await readFiled(deps, entries.slice(from, from + entriesPerTurn))).entries()) {
      const index = first + from + at;
      const isProven = record && signed.find((size) => size > index) === record.size;
      const problem = record ? await checkEntry(deps, excuses, { index, entry, record, filed }) : 'is not in the table';
      if (record && !isProven)
        differences.push(`entry ${index} wants its proof from a checkpoint of ${record.size} entries, which is none of its`);
      if (problem !== undefined) differences.push(`entry ${index} ${problem}`);
    }
  }
  return differences;
}

/** An entry with what the table has for it: where it stands, and the row of the statement that it speaks of. */
interface FiledEntry {
  entry: string;
  record: LeafRecord | undefined;
  filed: Item | undefined;
}

async function readFiled({ table }: ExcuseDeps, entries: readonly string[]): Promise<FiledEntry[]> {
  const leaves = await table.getMany(entries.map((entry) => leafKey(leafHash(entry).toString('hex'))));
  const records = leaves.map((leaf) => LeafRecord.safeParse(leaf).data);
  const rows = await table.getMany(records.flatMap((record) => (record ? [record.of] : [])));
  let row = 0;
  return entries.map((entry, at) => ({ entry, record: records[at], filed: records[at] && rows[row++] }));
}

async function checkEntry(
  { blobs }: ExcuseDeps,
  excuses: PurgeExcuses,
  { index, entry, record, filed: row }: FiledEntry & { index: number; record: LeafRecord },
): Promise<string | undefined> {
  if (record.index !== index) return `stands in the table as entry ${record.index}`;
  const tenant = tenantOf(record.of.pk);
  const filed = FiledStatement.safeParse(row);
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
  return logEntry(dsseEnvelope, pemOf(verifier.publicKey.rawBytes));
}

function pemOf(rawBytes: string): string {
  const known = knownKeys.get(rawBytes);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: Buffer.from(rawBytes, 'base64'), format: 'der', type: 'spki' });
  const pem = key.export({ format: 'pem', type: 'spki' }).toString();
  knownKeys.set(rawBytes, pem);
  return pem;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined; // The schema says that it is not what it should be.
  }
}
