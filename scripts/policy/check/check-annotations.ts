import { relative } from 'node:path';
import { z } from 'zod';
import { PackNotes, RuleNotes } from '../pack-docs.ts';
import { readAnnotations, regoFiles, type PackAnnotations } from '../pack-annotations.ts';
import { regoFlags } from '../pack-manifest.ts';
import type { PackSources } from '../pack-sources.ts';
import type { CheckContext, CheckStep, Problem } from './check-step.ts';
import { readCases } from '../pack-cases.ts';

const Parsed = z.object({
  rules: z
    .array(
      z.object({
        head: z.object({ ref: z.array(z.object({ value: z.unknown() })) }),
        location: z.object({ row: z.int() }),
        annotations: z.array(z.unknown()).optional(),
      }),
    )
    .default([]),
});

const fix =
  'Write a METADATA comment with title, description and custom short_name, failure_msg, solution, severity, effective_on in front of the rule.';
const severities = { deny: 'failure', warn: 'warning' } as const;

type Rule = PackAnnotations['judging'][number];

/** Rules that deny or warn and say nothing about themselves: OPA lists only what is annotated, so they are looked up in the syntax tree. */
async function findSilent({ opa }: CheckContext, pack: PackSources): Promise<Problem[]> {
  const found = await Promise.all(
    regoFiles(pack.bundled).map(async (file) => {
      const { stdout } = await opa.run(['parse', '--format', 'json', '--json-include', 'locations', ...regoFlags(pack), file], {
        cwd: pack.folder,
      });
      return Parsed.parse(JSON.parse(stdout)).rules.flatMap(({ head, location, annotations = [] }): Problem[] => {
        const name = String(head.ref[0]?.value);
        if (!['deny', 'warn'].includes(name) || annotations.length > 0) return [];
        return [{ place: relative('.', `${pack.folder}/${file}:${location.row}`), message: `a rule of ${name} has no METADATA`, fix }];
      });
    }),
  );
  return found.flat();
}

function shortNameOf({ annotations }: Rule): string {
  const name = annotations.custom?.['short_name'];
  return typeof name === 'string' ? name : '';
}

function gapsOf(pack: PackSources, rule: Rule, isShipped: boolean): Problem[] {
  const { set, file, annotations } = rule;
  const place = `${relative('.', pack.folder)}/${file} (${shortNameOf(rule) || annotations.title || `a rule of ${set}`})`;
  const { data, error } = RuleNotes.safeParse(annotations);
  const gaps = (error?.issues ?? []).map(({ path, message }) => ({ place, message: `METADATA ${path.join('.')}: ${message}`, fix }));
  // A tenant's pack may be older than our habits; ours say since when they judge.
  if (isShipped && data && data.custom.effective_on === undefined)
    gaps.push({ place, message: 'METADATA custom.effective_on is missing', fix });
  if (data && data.custom.severity !== severities[set])
    gaps.push({
      place,
      message: `it is a rule of ${set} with the severity ${data.custom.severity}`,
      fix: `Write severity: ${severities[set]}, or move the rule.`,
    });
  return gaps;
}

function findTwins(pack: PackSources, rules: readonly Rule[]): Problem[] {
  const names = rules.map(shortNameOf);
  const twice = new Set(names.filter((name, index) => name !== '' && names.indexOf(name) !== index));
  return [...twice].map((name) => ({
    place: relative('.', pack.folder),
    message: `the short_name ${name} stands for more than one rule`,
    fix: 'Name every rule on its own: a decision tells them apart by that name.',
  }));
}

/** Every rule is shown by a golden, and so are an allowed question and bad data. */
function findUnshown(pack: PackSources, rules: readonly Rule[]): Problem[] {
  const { cases } = readCases(pack);
  const place = `${relative('.', pack.folder)}/goldens.json`;
  const shown = new Set(cases.flatMap(({ expect }) => expect.rules));
  const kinds = [
    'allow',
    'bad-data',
    ...(rules.some(({ set }) => set === 'deny') ? ['deny'] : []),
    ...(rules.some(({ set }) => set === 'warn') ? ['warn'] : []),
  ];
  return [
    ...kinds
      .filter((kind) => !cases.some((golden) => golden.kind === kind))
      .map((kind) => ({ place, message: `no case is of the kind ${kind}`, fix: 'Add one.' })),
    ...rules
      .map((rule) => `${pack.name}.${shortNameOf(rule)}`)
      .filter((rule) => !shown.has(rule))
      .map((rule) => ({ place, message: `no case shows the rule ${rule}`, fix: 'Add one that makes it speak.' })),
  ];
}

/** The package and every rule that denies or warns say all there is to say about themselves, and a golden shows each of them. */
export const checkAnnotations: CheckStep = {
  name: 'annotations',
  needsOpa: true,
  async run(context, pack) {
    const { about, judging } = readAnnotations(context.opa.path, pack, regoFlags(pack));
    const place = relative('.', pack.folder);
    const packageGaps = (PackNotes.safeParse(about ?? {}).error?.issues ?? []).map(({ path, message }) => ({
      place,
      message: `METADATA of the package, ${path.join('.')}: ${message}`,
      fix: 'Write a METADATA comment with title and description in front of the package.',
    }));
    return {
      facts: `${judging.length} rules`,
      problems: [
        ...packageGaps,
        ...(await findSilent(context, pack)),
        ...judging.flatMap((rule) => gapsOf(pack, rule, context.isShipped)),
        ...findTwins(pack, judging),
        ...findUnshown(pack, judging),
      ],
    };
  },
};
