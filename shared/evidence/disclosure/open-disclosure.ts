/**
 * The disclosure pack of a run: a gzip of a tar in a fixed form, so the same run gives the same bytes. It is made of parts that can be had by themselves and put
 * one after the other: first the documents, then texts of decisions and logs, at last the signed manifest and the end of the archive. So a reader that was cut off goes on
 * where it was, a home whose answers are small serves a pack of any size, and whoever wants all of it at once gets the very same bytes as one stream.
 */
import { auditOp } from '../../audit/audit-event.ts';
import { McError } from '../../core/errors.ts';
import { executionPk } from '../../execution/execution-record.ts';
import { notPurgedOp } from '../../execution/tombstone.ts';
import type { Deps } from '../../port/deps.ts';
import { metricNames } from '../../port/metrics.ts';
import { bundleMediaType } from '../../receipt/media-types.ts';
import { signOnce } from '../../receipt/sign/sign-once.ts';
import type { Actor } from '../../tenant/actor.ts';
import { ahead } from '../pack/ahead.ts';
import {
  buildDisclosureStatement,
  manifestBundlePath,
  manifestPath,
  manifestText,
  type DisclosureManifest,
} from '../pack/disclosure-manifest.ts';
import { gzipMembers } from '../pack/gzip-members.ts';
import { packFile, tarOf, type PackFile } from '../pack/pack-entry.ts';
import { releaseBytes } from '../../core/release-bytes.ts';
import { endOfArchive } from '../pack/ustar.ts';
import { redactionVersion } from '../redaction/data-class.ts';
import { hexOf } from '../../core/digest.ts';
import { openDisclosedRun, type DisclosedRun } from './disclosed-run.ts';
import { contentPart, contentParts, lastPart, partsAhead } from './make-parts.ts';
import { inPackPlace } from './packs-under-way.ts';
import { findPartContents, keepPartContents, type PartContents } from './part-record.ts';

export interface Disclosure {
  executionId: string;
  /** How many parts the pack has. */
  parts: number;
  /** The bytes of the part that was asked for, or of the whole pack. */
  chunks: AsyncIterable<Uint8Array>;
}

/** The manifest of all other parts and its signature, which is made once for each content of a pack. */
async function manifestFiles(run: DisclosedRun, contents: readonly PartContents[]): Promise<PackFile[]> {
  const { deps, head, receiptId, rules } = run;
  const manifest: DisclosureManifest = {
    version: 1,
    executionId: head.id,
    tenant: head.tenant,
    receiptId,
    builder: deps.config.builderId,
    redaction: { version: redactionVersion, dataClass: rules.dataClass },
    files: contents.flatMap(({ entries }) => entries),
    missing: contents.flatMap(({ missing }) => missing),
  };
  const file = packFile(manifestPath, 'application/json', manifestText(manifest));
  const key = { pk: executionPk(head.tenant, head.id), sk: `DISCLOSURE#${hexOf(file.entry.digest)}` };
  const alongside = [notPurgedOp(head.tenant, head.id)];
  const bundle = await signOnce(deps, head.tenant, key, { build: () => buildDisclosureStatement(manifest), alongside });
  return [file, packFile(manifestBundlePath, bundleMediaType, JSON.stringify(bundle))];
}

const tarOfFiles = (files: readonly PackFile[]): Uint8Array[] => files.flatMap(tarOf);

async function* wholePack(run: DisclosedRun): AsyncGenerator<readonly Uint8Array[]> {
  const contents: PartContents[] = [];
  for await (const { files, entries, missing } of contentParts(run)) {
    contents.push({ entries, missing });
    yield tarOfFiles(files);
    // What a thread gave back, or was made anew, is nobody else's; other bytes may be those of the store.
    for (const { entry, bytes } of files) if (run.deps.redactor || entry.source) releaseBytes(bytes);
  }
  yield [...tarOfFiles(await manifestFiles(run, contents)), endOfArchive];
}

async function contentsOf(run: DisclosedRun, part: number): Promise<PartContents> {
  const { entries, missing } = (await findPartContents(run, part)) ?? (await contentPart(run, part));
  return { entries, missing };
}

async function onePart(run: DisclosedRun, part: number): Promise<readonly Uint8Array[]> {
  if (part < lastPart(run)) {
    const made = await contentPart(run, part);
    await keepPartContents(run, part, made);
    return tarOfFiles(made.files);
  }
  const contents: PartContents[] = [];
  const parts = Array.from({ length: lastPart(run) }, (_, index) => index);
  for await (const each of ahead(parts, partsAhead, (index) => contentsOf(run, index))) contents.push(each);
  return [...tarOfFiles(await manifestFiles(run, contents)), endOfArchive];
}

async function* only<T>(value: T): AsyncGenerator<T> {
  yield value;
}

/** Measures from here to the last byte that was taken. */
async function* measured({ deps }: DisclosedRun, kind: 'pack' | 'part', chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const startedMs = deps.clock.elapsedMs();
  yield* chunks;
  deps.metrics.record(metricNames.evidencePackMs, deps.clock.elapsedMs() - startedMs, { kind });
}

/** Written before the first byte leaves. Parts of logs need none of their own: without the first and the last part they are what the log of the run shows anyhow. */
async function logAccess({ deps, actor, head }: DisclosedRun, part: number | undefined, parts: number): Promise<void> {
  if (part !== undefined && part !== 0 && part !== parts - 1) return;
  const change = {
    type: 'mc.evidence.disclose',
    subject: head.id,
    reason: 'a disclosure pack of the run was asked for',
    details: { part: part ?? null, parts },
  } as const;
  await deps.table.write([auditOp(deps, actor.tenant, actor, change)]);
}

/**
 * The pack of a sealed run, or one part of it. What can be refused is refused here, before a byte is given out; a store that fails later ends the stream, and what
 * was read so far does not verify. Throws `mc:execution:not-found`, `mc:execution:not-sealed`, `mc:disclosure:part-unknown` or
 * `mc:host:overloaded`.
 */
export async function openDisclosure(deps: Deps, actor: Actor, { id, part }: { id: string; part?: number }): Promise<Disclosure> {
  const run = await openDisclosedRun(deps, actor, id);
  const parts = lastPart(run) + 1;
  if (part !== undefined && part >= parts)
    throw new McError(
      'mc:disclosure:part-unknown',
      `The pack of ${run.head.id} has the parts 0 to ${parts - 1}; there is no part ${part}.`,
    );
  const named = { executionId: run.head.id, parts };
  if (part === undefined) {
    const chunks = await inPackPlace(deps, async () => {
      await logAccess(run, part, parts);
      return measured(run, 'pack', gzipMembers(wholePack(run)));
    });
    return { ...named, chunks };
  }
  await logAccess(run, part, parts);
  // A part is made here and not while it is sent, so that a store that does not answer is a refusal and no broken answer.
  const bytes = await onePart(run, part);
  return { ...named, chunks: measured(run, 'part', gzipMembers(only(bytes))) };
}
