/** What a pack says about itself, made of the annotations beside its rules, its manifest, data and goldens, so that what people read is what judges. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { PackEntry, PackRule } from '../../shared/policy-catalog/pack-entry.ts';
import { readAnnotations, type PackAnnotations } from './pack-annotations.ts';
import type { PackSources } from './pack-sources.ts';
import { readCases } from './pack-cases.ts';
import { readPackManifest, regoFlags } from './pack-manifest.ts';

const text = z.string().trim().min(1);

/** What a rule that denies or warns must say about itself. */
const RuleNotes = z.object({
  title: text,
  description: text,
  custom: z.strictObject({
    short_name: z.string().regex(/^[a-z][a-z0-9_]*$/, 'lower case words joined by underscores'),
    failure_msg: text,
    solution: text,
    severity: z.enum(['failure', 'warning']),
    // YAML knows days: OPA reads `2026-01-01` as the first moment of it.
    effective_on: z.iso.datetime({ offset: true }),
  }),
});

/** What a package must say about itself. */
export const PackNotes = z.object({ title: text, description: text });

function packRule(pack: string, annotations: PackAnnotations['judging'][number]['annotations']): PackRule {
  const { title, description, custom } = RuleNotes.parse(annotations);
  return {
    rule: `${pack}.${custom.short_name}`,
    severity: custom.severity,
    title,
    description,
    message: custom.failure_msg,
    solution: custom.solution,
    effectiveOn: custom.effective_on,
  };
}

const PackData = z.object({ mc: z.record(z.string(), z.record(z.string(), z.json())) });

/** The rule data a pack comes with, `data.mc.<pack>`; empty when it has none. */
function readPackData({ name, folder }: PackSources): PackEntry['data'] {
  const path = join(folder, 'data.json');
  return existsSync(path) ? (PackData.parse(JSON.parse(readFileSync(path, 'utf8'))).mc[name] ?? {}) : {};
}

/** Throws when the package or a rule that denies or warns lacks one of its annotations. */
export function packDocs(opa: string, pack: PackSources): PackEntry {
  const { cases, problems } = readCases(pack);
  const [flaw] = problems;
  if (flaw) throw new Error(`${flaw.place}: ${flaw.message}`);
  const { metadata } = readPackManifest(pack);
  const { about, judging } = readAnnotations(opa, pack, regoFlags(pack));
  const { description } = PackNotes.parse(about);
  return {
    name: pack.name,
    title: metadata.title,
    description,
    version: metadata.version,
    points: metadata.points,
    reads: metadata.reads,
    rules: judging.map(({ annotations }) => packRule(pack.name, annotations)),
    data: readPackData(pack),
    examples: cases,
  };
}
