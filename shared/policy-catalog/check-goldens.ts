/** A pack that comes with worked cases is tried on them: what its author says it does is what it does, or it is not used. */
import type { Issue } from '../core/issue.ts';
import type { PackLibrary, ReadPack, Trial } from '../port/pack-library.ts';
import type { GoldenCase } from './pack-goldens.ts';

/** Enough for every rule of a large pack from two sides; each is one evaluation at push. */
export const goldenLimit = 200;

const fix = 'Correct the rule or the case; `maestro policy test` shows both.';

function missingKinds(cases: readonly GoldenCase[]): Issue[] {
  return (['allow', 'deny'] as const)
    .filter((kind) => !cases.some((golden) => golden.kind === kind))
    .map((kind) => {
      const message = `there is no case of the kind ${kind}`;
      return {
        code: 'golden-missing',
        pointer: '/metadata/goldens',
        message,
        allowed: 'at least one allow and one deny',
        fix: 'Add one to the goldens of the pack.',
      };
    });
}

function contradictions({ kind, expect }: GoldenCase, pointer: string, rules: ReadonlySet<string>): Issue[] {
  const found: Issue[] = [];
  if (kind !== 'bad-data' && kind !== expect.verdict)
    found.push({
      code: 'golden-kind',
      pointer: `${pointer}/kind`,
      message: 'the kind and the expected verdict differ',
      got: kind,
      allowed: expect.verdict,
      fix,
    });
  for (const rule of expect.rules.filter((name) => !rules.has(name)))
    found.push({
      code: 'golden-rule',
      pointer: `${pointer}/expect/rules`,
      message: 'no rule of this name has METADATA in the bundle',
      got: rule,
      allowed: [...rules].join(', '),
      fix: 'Use the name of a rule, <pack>.<short_name> of its METADATA.',
    });
  return found;
}

function compare({ title, expect }: GoldenCase, pointer: string, trial: Trial | undefined): Issue[] {
  const why = trial === undefined ? 'it was not asked' : 'failure' in trial ? trial.failure : undefined;
  if (trial === undefined || 'failure' in trial)
    return [{ code: 'golden-failed', pointer, message: `"${title}" has no verdict: ${String(why)}`, allowed: expect.verdict, fix }];
  const { verdict, entries } = trial.verdict;
  const shown = (said: string, rules: readonly string[]): string => [said, ...[...new Set(rules)].toSorted()].join(' ');
  const got = shown(
    verdict,
    entries.map(({ rule }) => rule),
  );
  const allowed = shown(expect.verdict, expect.rules);
  return got === allowed ? [] : [{ code: 'golden-failed', pointer, message: `"${title}" is judged differently`, got, allowed, fix }];
}

/** Asks the pack about the base question and every one of its examples; answers everything that is not as the pack says. */
export async function checkGoldens(library: PackLibrary, archive: Uint8Array, { entry, regoVersion }: ReadPack): Promise<Issue[]> {
  const { examples, rules } = entry;
  if (examples.length > goldenLimit) {
    const message = `there are ${examples.length} cases`;
    return [{ code: 'golden-limit', pointer: '/metadata/goldens', message, allowed: `at most ${goldenLimit}` }];
  }
  // Rego v0 knew no METADATA for long, so its rules may be without.
  const known = new Set(
    regoVersion === 0
      ? [...rules.map(({ rule }) => rule), ...examples.flatMap(({ expect }) => expect.rules)]
      : rules.map(({ rule }) => rule),
  );
  const [base, ...trials] = await library.tryOut(archive, examples);
  const baseIssue =
    base === undefined || 'failure' in base
      ? [
          {
            code: 'base-question',
            pointer: '',
            message: `the base question has no verdict: ${base?.failure ?? 'it was not asked'}`,
            allowed: 'a verdict about every question, with no error and in time',
            fix: 'Make the rules answer, and say with `reads` in .manifest which parts of the question they need.',
          },
        ]
      : [];
  return [
    ...(examples.length === 0 ? [] : missingKinds(examples)),
    ...baseIssue,
    ...examples.flatMap((golden, index) => {
      const pointer = `/metadata/goldens/${index}`;
      return [...contradictions(golden, pointer, known), ...compare(golden, pointer, trials[index])];
    }),
  ];
}
