import { relative } from 'node:path';
import { findMissingSolutions } from '../misconfiguration/find-missing-solutions.ts';
import { parsePack } from '../misconfiguration/rego-tree.ts';
import { PackNotes } from '../pack-docs.ts';
import { readAnnotations, type PackAnnotations } from '../pack-annotations.ts';
import { regoFlags } from '../pack-manifest.ts';
import type { PackSources } from '../pack-sources.ts';
import type { CheckStep, Problem } from './check-step.ts';
import { readCases } from '../pack-cases.ts';

const severities = { deny: 'failure', warn: 'warning' } as const;

type Rule = PackAnnotations['judging'][number];

function shortNameOf({ annotations }: Rule): string {
  const name = annotations.custom?.['short_name'];
  return typeof name === 'string' ? name : '';
}

/** A rule that denies with the severity of a warning, or the other way round, says another thing to people than to the engine. */
function findMisjudged(pack: PackSources, rules: readonly Rule[]): Problem[] {
  return rules.flatMap((rule) => {
    const severity = rule.annotations.custom?.['severity'];
    const due = severities[rule.set];
    if (severity === undefined || severity === due) return [];
    const place = `${relative('.', pack.folder)}/${rule.file} (${shortNameOf(rule)})`;
    const message = `it is a rule of ${rule.set} with the severity ${JSON.stringify(severity)}`;
    return [{ place, message, fix: `Write severity: ${due}, or move the rule.` }];
  });
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
  async run({ opa }, pack) {
    const { about, judging } = readAnnotations(opa.path, pack, regoFlags(pack));
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
        ...findMissingSolutions(parsePack(opa.path, pack)).map(({ place, message, fix }) => ({ place, message, fix })),
        ...findMisjudged(pack, judging),
        ...findTwins(pack, judging),
        ...findUnshown(pack, judging),
      ],
    };
  },
};
