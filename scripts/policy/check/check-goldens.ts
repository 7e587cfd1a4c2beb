import { relative } from 'node:path';
import type { Json } from '../../../shared/core/json/canonical-json.ts';
import type { GoldenCase } from '../../../shared/policy-catalog/pack-goldens.ts';
import { PolicyInput, type PackVerdict } from '../../../shared/port/policy-engine.ts';
import { loadBundle } from '../../../policy/engine/load-bundle.ts';
import { WasmPack } from '../../../policy/engine/wasm-pack.ts';
import { readPackManifest } from '../pack-manifest.ts';
import { readCases } from '../pack-cases.ts';
import type { PackSources } from '../pack-sources.ts';
import { committedBundle } from './committed-bundle.ts';
import type { CheckStep, Problem } from './check-step.ts';
import { askedBy, type Question } from './pack-questions.ts';

/** A golden is judged for what it says, not for how fast it is. */
const budgetMs = 10_000;

type Flaw = Omit<Problem, 'place'>;

/** What is wrong with a case before anything is asked. */
function flawsOf({ kind, expect }: GoldenCase, whole: Json, pack: PackSources): Flaw[] {
  const flaws: Flaw[] = [];
  if (kind === 'bad-data' ? expect.verdict === 'allow' : expect.verdict !== kind)
    flaws.push({
      message: `a case of kind ${kind} expects ${expect.verdict}`,
      fix: 'Let the kind and the expected verdict agree; bad data is never allowed.',
    });
  if (kind === 'bad-data') return flaws;
  const { data, error } = PolicyInput.safeParse(whole);
  for (const { path, message } of error?.issues ?? [])
    flaws.push({
      message: `its question is none that is ever asked: ${path.join('.')}: ${message}`,
      fix: 'Mend the change, or call it bad-data.',
    });
  const { points } = readPackManifest(pack).metadata;
  if (data && !points.includes(data.request.point))
    flaws.push({ message: `it asks at ${data.request.point}, the pack judges ${points.join(', ')}`, fix: 'Ask at one of those points.' });
  return flaws;
}

function compare({ expect }: GoldenCase, { verdict, entries }: PackVerdict): Flaw[] {
  const said = [...new Set(entries.map(({ rule }) => rule))].sort().join(', ');
  const wanted = expect.rules.toSorted().join(', ');
  if (verdict === expect.verdict && said === wanted) return [];
  return [
    {
      message: `the pack says ${verdict} (${said || 'no rule'}), expected is ${expect.verdict} (${wanted || 'no rule'})`,
      fix: 'Mend the rule or the golden, whichever is wrong, and build the pack again.',
    },
  ];
}

async function checkCase(pack: PackSources, archive: Uint8Array, { golden, whole, input, data }: Question): Promise<Problem[]> {
  const place = `${relative('.', pack.folder)}/goldens.json (${golden.title})`;
  const bundle = await loadBundle(archive, 'digest');
  try {
    const engine = await WasmPack.load(data === undefined ? bundle : { ...bundle, data });
    const verdict = await engine.judge(JSON.stringify(input), budgetMs, () => performance.now());
    return [...flawsOf(golden, whole, pack), ...compare(golden, verdict)].map((flaw) => ({ place, ...flaw }));
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return [
      { place, message: `the pack gives no usable verdict: ${cause}`, fix: 'Answer with the two sets deny and warn, whatever is asked.' },
    ];
  }
}

function findTwins(pack: PackSources, cases: readonly GoldenCase[]): Problem[] {
  const titles = cases.map(({ title }) => title);
  return titles
    .filter((title, index) => titles.indexOf(title) !== index)
    .map((title) => ({
      place: `${relative('.', pack.folder)}/goldens.json`,
      message: `two cases are called ${title}`,
      fix: 'Tell them apart.',
    }));
}

/** Our engine, on the compiled pack, answers every golden as the golden says. */
export const checkGoldens: CheckStep = {
  name: 'goldens',
  needsOpa: false,
  async run(context, pack) {
    const { cases, problems } = readCases(pack);
    const archive = committedBundle(context, pack);
    const found = await Promise.all(cases.map((golden) => checkCase(pack, archive, askedBy(pack, context.base, golden))));
    return { facts: `${cases.length} cases`, problems: [...problems, ...findTwins(pack, cases), ...found.flat()] };
  },
};
