/** What a part that was asked for by itself holds, kept for an hour: the last part of a pack names the files of all others, and must not make them again for it. */
import { z } from 'zod';
import { executionPk } from '../../execution/execution-record.ts';
import { notPurgedOp } from '../../execution/tombstone.ts';
import type { Key } from '../../port/table.ts';
import { MissingFile } from '../pack/disclosure-manifest.ts';
import { PackEntry } from '../pack/pack-entry.ts';
import { redactionVersion } from '../redaction/data-class.ts';
import type { DisclosedRun } from './disclosed-run.ts';

/** Long enough for a pack of any size to be fetched; short enough that what a purge took is not promised for long. */
const lifetimeMs = 3_600_000;

const Contents = z.object({ entries: z.array(PackEntry), missing: z.array(MissingFile) });
/** The files of a part, without their bytes. */
export type PartContents = z.infer<typeof Contents>;

const PartRecord = Contents.extend({ version: z.string(), until: z.number() });

/** Another version of the program, or other rules, may make other files. */
const versionOf = ({ deps, rules }: DisclosedRun): string => `${deps.config.version}/${redactionVersion}/${rules.dataClass}`;

function keyOf({ head }: DisclosedRun, part: number): Key {
  return { pk: executionPk(head.tenant, head.id), sk: `DISCLOSED#${String(part).padStart(5, '0')}` };
}

/** What a part held when it was last asked for; undefined when nobody knows any more. */
export async function findPartContents(run: DisclosedRun, part: number): Promise<PartContents | undefined> {
  const item = await run.deps.table.get(keyOf(run, part));
  const record = item && PartRecord.parse(item);
  if (!record || record.version !== versionOf(run) || record.until <= run.deps.clock.now()) return undefined;
  return { entries: record.entries, missing: record.missing };
}

/** Remembers what a part held. */
export async function keepPartContents(run: DisclosedRun, part: number, { entries, missing }: PartContents): Promise<void> {
  const until = run.deps.clock.now() + lifetimeMs;
  const item = { ...keyOf(run, part), version: versionOf(run), until, ttl: Math.ceil(until / 1_000), entries, missing };
  // A run that was purged meanwhile keeps nothing.
  await run.deps.table.write([{ kind: 'put', item }, notPurgedOp(run.head.tenant, run.head.id)]);
}
