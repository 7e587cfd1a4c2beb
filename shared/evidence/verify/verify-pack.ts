/** Verification of a disclosure pack, offline and in bounded memory: from the bytes to the receipt, or a refusal that says what is wrong. */
import { McError } from '../../core/errors.ts';
import type { DisclosureManifest } from '../pack/disclosure-manifest.ts';
import type { RunFacts } from '../run-facts.ts';
import { checkDocuments } from './check-documents.ts';
import { checkManifest } from './check-manifest.ts';
import { readOpenings, restoreFile, type Restored } from './check-openings.ts';
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

/** Logs and texts of decisions are only digested; everything else is read by the checks. */
const isDocument = (path: string): boolean =>
  !path.startsWith('logs/') && (!path.startsWith('decisions/') || path.startsWith('decisions/start.'));

function withheldIn({ files }: DisclosureManifest): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { withheld = {} } of files) for (const [rule, count] of Object.entries(withheld)) sums[rule] = (sums[rule] ?? 0) + count;
  return sums;
}

/** Reads all of the archive; with openings also what each file was. */
async function readContents(
  file: RandomAccess,
  values: ReadonlyMap<string, string> | undefined,
): Promise<{ contents: PackContents; originals: Map<string, Restored> }> {
  const contents = new PackContents();
  const originals = new Map<string, Restored>();
  const keptBytes = (path: string): number | undefined => (isDocument(path) ? maxDocumentBytes : values && maxOpenedBytes);
  for await (const read of readArchive(inflateMembers(file), keptBytes)) {
    const { bytes, ...rest } = read;
    if (values && bytes?.includes('[withheld:')) originals.set(read.path, restoreFile(read.path, bytes.toString('utf8'), values));
    contents.add(bytes && isDocument(read.path) ? read : rest);
  }
  return { contents, originals };
}

/** Every file whose values were all put back is its original by its digest; a bundle is signed by a trusted key again, or the pack lies about what it was. */
function restoredFiles({ files }: DisclosureManifest, originals: ReadonlyMap<string, Restored>, trust: Trust): string[] {
  return files.flatMap(({ path, source }) => {
    const restored = originals.get(path);
    if (!source || restored?.digest !== source.digest) return [];
    if (restored.bundle !== undefined) verifySigned(trust, path, restored.bundle, {});
    return [path];
  });
}

/** Throws `mc:disclosure:invalid` with the reason unless every byte of the pack is what a trusted home signed and its receipt names. */
export async function verifyPack(file: RandomAccess, trust: Trust, openings?: string): Promise<PackReport> {
  try {
    const values = openings === undefined ? undefined : readOpenings(openings);
    const { contents, originals } = await readContents(file, values);
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
      restored: restoredFiles(manifest, originals, trust),
    };
  } catch (error) {
    if (error instanceof McError && error.code === 'mc:receipt:invalid') throw refusePack(error.message, error);
    throw error;
  }
}
