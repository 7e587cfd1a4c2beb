/** Verification of a disclosure pack, offline and in bounded memory: from the bytes to the receipt, or a refusal that says what is wrong. */
import { McError } from '../../core/errors.ts';
import { manifestBundlePath, manifestPath, type DisclosureManifest } from '../pack/disclosure-manifest.ts';
import type { RunFacts } from '../run-facts.ts';
import { checkDocuments } from './check-documents.ts';
import { checkManifest } from './check-manifest.ts';
import { readOpenings, restoreFile } from './check-openings.ts';
import { checkReceipt } from './check-receipt.ts';
import { inflateMembers, type RandomAccess } from './inflate-members.ts';
import { PackContents } from './pack-contents.ts';
import { maxDocumentBytes, maxOpenedBytes, readArchive } from './read-archive.ts';
import { refusePack } from './refuse-pack.ts';
import { verifySigned, type Trust } from './trust.ts';

export interface PackReport {
  manifest: DisclosureManifest;
  facts: RunFacts;
  /** Of all files together. */
  sizeBytes: number;
  isReceiptRedacted: boolean;
  /** How many values were withheld, by rule. */
  withheld: Record<string, number>;
  /** Files that are their originals again with the openings given; none without openings. */
  restored: string[];
}

/** What the checks read; everything else is only digested. There are so few that a pack of thousands of large files is read in bounded memory too. */
const documents: ReadonlySet<string> = new Set([
  manifestPath,
  manifestBundlePath,
  'provenance.json',
  'sbom.cdx.json',
  ...['receipt', 'decisions/start', 'egress'].flatMap((name) => [`${name}.sigstore.json`, `${name}.redacted.json`]),
]);

function withheldIn({ files }: DisclosureManifest): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { withheld = {} } of files) for (const [rule, count] of Object.entries(withheld)) sums[rule] = (sums[rule] ?? 0) + count;
  return sums;
}

/** Reads all of the archive. */
async function readContents(file: RandomAccess): Promise<PackContents> {
  const contents = new PackContents();
  const keptBytes = (path: string): number | undefined => (documents.has(path) ? maxDocumentBytes : undefined);
  for await (const read of readArchive(inflateMembers(file), keptBytes)) contents.add(read);
  return contents;
}

/**
 * The files whose values were all put back: each is its original by its digest; a bundle is signed by a trusted key again, or the pack lies about what it was. Reads the archive
 * once more, and takes nothing apart that the manifest, which is verified by now, does not name: what strangers wrote may be made to wear a reader out.
 */
async function restoredFiles(
  file: RandomAccess,
  { files }: DisclosureManifest,
  { values, trust }: { values: ReadonlyMap<string, string>; trust: Trust },
): Promise<string[]> {
  const redacted = new Map(files.filter(({ source }) => source !== undefined).map((entry) => [entry.path, entry]));
  const found: string[] = [];
  const keptBytes = (path: string): number | undefined => (redacted.has(path) ? maxOpenedBytes : undefined);
  for await (const { path, digest, bytes } of readArchive(inflateMembers(file), keptBytes)) {
    const entry = redacted.get(path);
    if (!bytes || !entry) continue;
    if (digest !== entry.digest) throw refusePack(`${path} was changed while it was read`);
    const restored = restoreFile(path, bytes.toString('utf8'), values);
    if (restored.digest !== entry.source?.digest) continue;
    if (restored.bundle !== undefined) verifySigned(trust, path, restored.bundle, {});
    found.push(path);
  }
  return found;
}

/** Throws `mc:disclosure:invalid` with the reason unless every byte of the pack is what a trusted home signed and its receipt names. */
export async function verifyPack(file: RandomAccess, trust: Trust, openings?: string): Promise<PackReport> {
  try {
    const values = openings === undefined ? undefined : readOpenings(openings);
    const contents = await readContents(file);
    const manifest = checkManifest(contents, trust);
    const { facts, isReceiptRedacted } = checkReceipt(contents, trust, manifest);
    checkDocuments(contents, facts);
    const sizeBytes = contents.files.reduce((sum, { sizeBytes: size }) => sum + size, 0);
    return {
      manifest,
      facts,
      sizeBytes,
      isReceiptRedacted,
      withheld: withheldIn(manifest),
      restored: values ? await restoredFiles(file, manifest, { values, trust }) : [],
    };
  } catch (error) {
    if (error instanceof McError && error.code === 'mc:receipt:invalid') throw refusePack(error.message, error);
    throw error;
  }
}
