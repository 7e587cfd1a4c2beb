/** The parts of a pack but the last: first the documents, then texts of decisions some at a time, then logs one by one. */
import { ahead } from '../pack/ahead.ts';
import type { MissingFile } from '../pack/disclosure-manifest.ts';
import type { PackFile } from '../pack/pack-entry.ts';
import type { Artifact } from '../artifact.ts';
import { readArtifact } from '../read-artifact.ts';
import { baseFiles } from './base-files.ts';
import { discloseArtifact } from './disclose-artifact.ts';
import type { DisclosedRun } from './disclosed-run.ts';
import type { PartContents } from './part-record.ts';

/** Parts that are made before they are needed: one is read while another is redacted; each may hold some 30 MB. */
export const partsAhead = 2;

/** A part of a pack but the last, with its bytes. */
export interface MadePart extends PartContents {
  files: PackFile[];
}

function madeOf(files: PackFile[], missing: MissingFile[] = []): MadePart {
  return { files, entries: files.map(({ entry }) => entry), missing };
}

async function discloseGroup(run: DisclosedRun, group: readonly Artifact[]): Promise<MadePart> {
  const files: PackFile[] = [];
  const missing: MissingFile[] = [];
  for (const artifact of group) {
    const bytes = await readArtifact(run.deps, run.head.tenant, artifact);
    if (bytes) files.push(await discloseArtifact(run, artifact, bytes));
    else missing.push({ path: artifact.name, digest: artifact.digest });
  }
  return madeOf(files, missing);
}

/** The number of the last part, with the manifest. */
export const lastPart = ({ groups }: DisclosedRun): number => groups.length + 1;

/** Every part but the last, in order. */
export async function* contentParts(run: DisclosedRun): AsyncGenerator<MadePart> {
  yield madeOf(await baseFiles(run));
  yield* ahead(run.groups, partsAhead, (group) => discloseGroup(run, group));
}

/** A part but the last by itself. */
export async function contentPart(run: DisclosedRun, part: number): Promise<MadePart> {
  if (part === 0) return madeOf(await baseFiles(run));
  return discloseGroup(run, run.groups[part - 1] ?? []);
}
