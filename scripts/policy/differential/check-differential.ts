import { relative } from 'node:path';
import { canonicalJson, type Json } from '../../../shared/core/json/canonical-json.ts';
import { loadBundle } from '../../../policy/engine/load-bundle.ts';
import { readCases } from '../pack-cases.ts';
import type { PackSources } from '../pack-sources.ts';
import { committedBundle } from '../check/committed-bundle.ts';
import type { CheckContext, CheckStep, Problem } from '../check/check-step.ts';
import { evaluateOneByOne, evaluateTogether } from './evaluate-opa.ts';
import { evaluateWasm, type Outcome } from './evaluate-wasm.ts';
import { mutateQuestion } from './mutate-question.ts';
import { askedBy, type Question } from '../check/pack-questions.ts';
import { SeededRandom } from '../check/seeded-random.ts';

/** More differences than this have one cause; they are counted, not shown. */
const shownMax = 20;
const shorten = (text: string, length = 600): string => (text.length > length ? `${text.slice(0, length)}…` : text);

interface Case {
  title: string;
  input: Json;
}

interface Group {
  data: Question['data'];
  questions: Question[];
  /** The goldens themselves, then their broken variants. */
  cases: Case[];
}

/** Questions that are asked with the same data are asked together. */
function groupByData(questions: readonly Question[]): Question[][] {
  const groups = new Map<string, Question[]>();
  for (const question of questions) {
    const key = question.data === undefined ? '' : canonicalJson(question.data);
    groups.set(key, [...(groups.get(key) ?? []), question]);
  }
  return [...groups.values()];
}

function plan(questions: readonly Question[], { seed, mutations }: CheckContext['settings']): Group[] {
  const random = new SeededRandom(seed);
  const others = questions.map(({ input }) => input);
  return groupByData(questions).map((members) => ({
    data: members[0]?.data,
    questions: members,
    cases: [
      ...members.map(({ golden, input }) => ({ title: golden.title, input })),
      ...members.flatMap(({ golden, input }) =>
        Array.from({ length: Math.ceil(mutations / questions.length) }, (_, index) => ({
          title: `${golden.title}, variant ${index + 1}`,
          input: mutateQuestion(input, others, random),
        })),
      ),
    ],
  }));
}

function difference(place: string, { title, input }: Case, [one, other]: [string, string], outcomes: [Outcome, Outcome]): Problem {
  return {
    place: `${place} (${title})`,
    message: `${one} answers ${shorten(outcomes[0])}, ${other} ${shorten(outcomes[1])}, to ${shorten(canonicalJson(input), 2_000)}`,
    fix: 'Rebuild the bundle; if that changes nothing, write the rule without what WebAssembly does differently (docs/guides/policy.md).',
  };
}

async function compare({ opa }: CheckContext, pack: PackSources, archive: Uint8Array, group: Group): Promise<Problem[]> {
  const bundle = await loadBundle(archive, 'digest');
  const inputs = group.cases.map(({ input }) => input);
  const { data, questions } = group;
  const [together, alone, wasm] = await Promise.all([
    evaluateTogether(opa, { pack, inputs, data }),
    evaluateOneByOne(opa, { pack, inputs: questions.map(({ input }) => input), data }),
    evaluateWasm(bundle, inputs, data),
  ]);
  const place = relative('.', pack.folder);
  return group.cases.flatMap((asked, index) => {
    const [inBatch = '', inWasm = ''] = [together[index], wasm[index]];
    // That asking together is asking one by one is shown on every golden.
    const byItself = alone[index] ?? inBatch;
    return [
      ...(byItself === inBatch ? [] : [difference(place, asked, ['opa eval of one input', 'of many'], [byItself, inBatch])]),
      ...(inWasm === byItself ? [] : [difference(place, asked, ['the wasm module', 'opa eval'], [inWasm, byItself])]),
    ];
  });
}

/** The compiled module answers every golden, and broken variants of it, with the very document that stock OPA answers with. */
export const checkDifferential: CheckStep = {
  name: 'differential',
  needsOpa: true,
  async run(context, pack) {
    const { cases, problems } = readCases(pack);
    const archive = committedBundle(context, pack);
    const groups = plan(
      cases.map((golden) => askedBy(pack, context.base, golden)),
      context.settings,
    );
    const found: Problem[] = [];
    for (const group of groups) found.push(...(await compare(context, pack, archive, group)));
    const compared = groups.reduce((sum, group) => sum + group.cases.length, 0);
    const left = found.length - shownMax;
    const more = {
      place: relative('.', pack.folder),
      message: `${left} further differences are not shown`,
      fix: 'Mend those above first.',
    };
    return {
      facts: `${compared} questions: ${cases.length} goldens, ${compared - cases.length} broken variants (seed ${context.settings.seed})`,
      problems: [...problems, ...found.slice(0, shownMax), ...(left > 0 ? [more] : [])],
    };
  },
};
