/** Whether the table has, for every entry of the log, the statement that it speaks of. */
import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { leafHash } from '../core/merkle-hash.ts';
import { TenantId } from '../core/tenant-id.ts';
import { logEntry } from '../log/log-entry.ts';
import { LeafRecord, leafKey } from '../log/log-store.ts';
import type { Deps } from '../port/deps.ts';
import { Bundle } from '../receipt/bundle.ts';

type CheckDeps = Pick<Deps, 'table' | 'blobs'>;

const FiledStatement = z.looseObject({ bundleDigest: Digest, leaf: z.string() });
const EntryKey = z.object({
  spec: z.object({
    hashedRekordV002: z.object({ signature: z.object({ verifier: z.object({ publicKey: z.object({ rawBytes: z.base64() }) }) }) }),
  }),
});

/** Keys that one read takes. */
const keysPerRead = 100;

/** What is wrong with these entries, of which the first has this index. */
export async function checkEntries(deps: CheckDeps, first: number, entries: readonly string[]): Promise<string[]> {
  const differences: string[] = [];
  for (let from = 0; from < entries.length; from += keysPerRead) {
    const some = entries.slice(from, from + keysPerRead);
    const items = await deps.table.getMany(some.map((entry) => leafKey(leafHash(entry).toString('hex'))));
    for (const [at, entry] of some.entries()) {
      const index = first + from + at;
      const record = LeafRecord.safeParse(items[at]);
      const problem = record.success ? await checkEntry(deps, { index, entry, record: record.data }) : 'is not in the table';
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
  if (!tenant.success || !filed.success) return `speaks of the statement ${record.of.sk}, which is not filed`;
  if (filed.data.leaf !== leafHash(entry).toString('hex')) return `speaks of ${record.of.sk}, which was filed with another entry`;
  const bytes = await blobs.find(tenant.data, 'receipt', filed.data.bundleDigest);
  if (!bytes) return `speaks of ${record.of.sk}, whose bundle is gone`;
  const bundle = Bundle.safeParse(parseJson(bytes));
  const key = EntryKey.safeParse(parseJson(Buffer.from(entry)));
  if (!bundle.success || !key.success) return `or its bundle cannot be read`;
  const { rawBytes } = key.data.spec.hashedRekordV002.signature.verifier.publicKey;
  const pem = createPublicKey({ key: Buffer.from(rawBytes, 'base64'), format: 'der', type: 'spki' }).export({
    format: 'pem',
    type: 'spki',
  });
  return logEntry(bundle.data.dsseEnvelope, pem.toString()) === entry ? undefined : `speaks of another statement than ${record.of.sk}`;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined; // The schema says that it is not what it should be.
  }
}
