import { relative } from 'node:path';
import type { PackSources } from '../pack-sources.ts';
import { runTests } from './check-tests.ts';
import type { CheckContext, CheckStep, Problem, TestRate } from './check-step.ts';
import { SeededRandom } from './seeded-random.ts';

/** A test that fails more often than this cannot be trusted when it passes. */
const highestRate = 0.01;
/** Tests that share a process in one repetition; which ones is drawn anew every time. */
const testsPerProcess = 16;

const escaped = (name: string): string => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

function drawGroups(names: readonly string[], random: SeededRandom): string[][] {
  const order = random.shuffled(names);
  const groups: string[][] = [];
  while (order.length > 0) groups.push(order.splice(0, 1 + random.below(testsPerProcess)));
  return groups;
}

/** The names of the tests of a group that did not pass; a group that OPA could not start has failed as a whole. */
async function failuresOf({ opa }: CheckContext, pack: PackSources, group: readonly string[]): Promise<string[]> {
  const results = await runTests(opa, pack, `^(${group.map(escaped).join('|')})$`);
  if (typeof results === 'string') return [...group];
  const passed = new Set(results.filter(({ fail, error }) => !fail && error === undefined).map(nameOf));
  return group.filter((name) => !passed.has(name));
}

const nameOf = (result: { package: string; name: string }): string => `${result.package}.${result.name}`;

async function countFailures(context: CheckContext, pack: PackSources, names: readonly string[]): Promise<TestRate[]> {
  const { runs, seed } = context.settings;
  const random = new SeededRandom(seed);
  const failures = new Map(names.map((name) => [name, 0]));
  const groups = Array.from({ length: runs }, () => drawGroups(names, random)).flat();
  const failed = await Promise.all(groups.map((group) => failuresOf(context, pack, group)));
  for (const name of failed.flat()) failures.set(name, (failures.get(name) ?? 0) + 1);
  return [...failures].map(([test, count]) => ({ test, runs, failures: count }));
}

function judge(pack: PackSources, { test, runs, failures }: TestRate): Problem[] {
  if (failures / runs <= highestRate) return [];
  const rate = ((100 * failures) / runs).toFixed(1);
  return [
    {
      place: `${relative('.', pack.folder)} ${test}`,
      message: `fails in ${failures} of ${runs} runs (${rate} %, at most ${100 * highestRate} % are allowed)`,
      fix:
        failures === runs
          ? 'It fails every time: mend the rule or the test.'
          : 'Remove what changes from run to run, such as time.now_ns and rand.intn: a rule may use neither, a test gives it as input.',
    },
  ];
}

/** Every test is started several times in fresh processes, each time among others and in another order; a rate of failures is reported. */
export const checkFlakes: CheckStep = {
  name: 'flakes',
  needsOpa: true,
  async run(context, pack) {
    const results = await runTests(context.opa, pack, '.*');
    const place = relative('.', pack.folder);
    if (typeof results === 'string')
      return { facts: 'not started', problems: [{ place, message: results, fix: 'Mend what OPA cannot read.' }] };
    const rates = await countFailures(context, pack, results.filter(({ skip }) => !skip).map(nameOf));
    const worst = Math.max(0, ...rates.map(({ failures, runs }) => failures / runs));
    return {
      facts: `${rates.length} tests, ${context.settings.runs} runs each, highest rate of failures ${(100 * worst).toFixed(1)} %`,
      problems: rates.flatMap((rate) => judge(pack, rate)),
      rates,
    };
  },
};
