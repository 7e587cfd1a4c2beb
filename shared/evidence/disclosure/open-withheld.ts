import { auditOp } from '../../audit/audit-event.ts';
import { McError } from '../../core/errors.ts';
import type { Deps } from '../../port/deps.ts';
import type { Actor } from '../../tenant/actor.ts';
import type { OpeningRecord } from '../verify/check-openings.ts';
import { openDisclosedRun } from './disclosed-run.ts';
import { contentPart, lastPart } from './make-parts.ts';

/** What was withheld from one part of a pack. */
export interface Openings {
  /** How many parts have openings, from 0 on. */
  parts: number;
  /** NDJSON, in the order of the pack. */
  text: string;
}

/**
 * The values that were withheld from one part of a run's pack, with the salts that prove them. Who asks, and why, is an audit event before anything is given out. Throws
 * `mc:execution:not-found`, `mc:execution:not-sealed` or `mc:disclosure:part-unknown`.
 */
export async function openWithheld(
  deps: Deps,
  actor: Actor,
  { id, part, reason }: { id: string; part: number; reason: string },
): Promise<Openings> {
  const records: OpeningRecord[] = [];
  const run = await openDisclosedRun(deps, actor, id);
  const parts = lastPart(run);
  if (part >= parts)
    throw new McError('mc:disclosure:part-unknown', `The pack of ${run.head.id} has openings for the parts 0 to ${parts - 1}.`);
  const change = { type: 'mc.evidence.open', subject: run.head.id, reason, details: { part, parts } } as const;
  await deps.table.write([auditOp(deps, actor.tenant, actor, change)]);
  await contentPart({ ...run, onOpening: (path, opening) => void records.push({ path, ...opening }) }, part);
  return { parts, text: records.map((record) => `${JSON.stringify(record)}\n`).join('') };
}
