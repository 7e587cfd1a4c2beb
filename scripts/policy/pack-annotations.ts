/** The METADATA beside the rules of a pack, as OPA reads it. */
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

/** Reads what is there, complete or not. `flags` say in which Rego the pack is written. */
export function readAnnotations(opa: string, pack: PackSources, flags: readonly string[] = []): PackAnnotations {
  const found = regoFiles(pack.bundled).flatMap((file) =>
    Inspection.parse(JSON.parse(runOpa(opa, ['inspect', '-a', '-f', 'json', ...flags, file], { cwd: pack.folder }))).annotations.map(
      (entry) => ({ ...entry, file }),
    ),
  );
  return {
    about: found.find(({ annotations }) => annotations.scope === 'package')?.annotations,
    judging: found.flatMap(({ annotations, path, file }) => {
      const set = annotations.scope === 'rule' ? setOf(path.at(-1)?.value) : undefined;
      return set === undefined ? [] : [{ set, file, annotations }];
    }),
  };
}
