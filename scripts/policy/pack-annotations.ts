/** The METADATA beside the rules of a pack, as OPA reads it. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { runOpa } from './find-opa.ts';
import type { PackSources } from './pack-sources.ts';

const Annotations = z.looseObject({
  scope: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  custom: z.record(z.string(), z.json()).optional(),
});
type Annotations = z.infer<typeof Annotations>;

const Inspection = z.object({
  annotations: z.array(z.object({ annotations: Annotations, path: z.array(z.object({ value: z.string() })) })).default([]),
});

export interface PackAnnotations {
  /** Of the package; undefined when it has none. */
  about: Annotations | undefined;
  /** Of the rules that deny and warn, in the order of files and sets; a rule without any is not among them. */
  judging: { set: 'deny' | 'warn'; file: string; annotations: Annotations }[];
}

export const regoFiles = (files: readonly string[]): string[] => files.filter((file) => file.endsWith('.rego'));

const setOf = (name: string | undefined): 'deny' | 'warn' | undefined => (name === 'deny' || name === 'warn' ? name : undefined);

/** Files of one package speak of each other's rules, so OPA has to see all of them, and nothing else of the folder. */
function inspect(opa: string, { folder, bundled }: PackSources, flags: readonly string[]): z.infer<typeof Inspection> {
  const alone = mkdtempSync(join(tmpdir(), 'mc-policy-rules-'));
  try {
    for (const file of regoFiles(bundled)) copyFileSync(join(folder, file), join(alone, file));
    return Inspection.parse(JSON.parse(runOpa(opa, ['inspect', '-a', '-f', 'json', ...flags, '.'], { cwd: alone })));
  } finally {
    rmSync(alone, { recursive: true });
  }
}

/** OPA does not say where annotations stand; their short name is looked for. */
function fileOf({ folder, bundled }: PackSources, { custom }: Annotations): string {
  const [first = '', ...others] = regoFiles(bundled);
  const name = typeof custom?.['short_name'] === 'string' ? custom['short_name'] : undefined;
  return others.find((file) => name !== undefined && readFileSync(join(folder, file), 'utf8').includes(`short_name: ${name}`)) ?? first;
}

/** Reads what is there, complete or not. `flags` say in which Rego the pack is written. */
export function readAnnotations(opa: string, pack: PackSources, flags: readonly string[] = []): PackAnnotations {
  const found = inspect(opa, pack, flags).annotations;
  return {
    about: found.find(({ annotations }) => annotations.scope === 'package')?.annotations,
    judging: found.flatMap(({ annotations, path }) => {
      const set = annotations.scope === 'rule' ? setOf(path.at(-1)?.value) : undefined;
      return set === undefined ? [] : [{ set, file: fileOf(pack, annotations), annotations }];
    }),
  };
}
