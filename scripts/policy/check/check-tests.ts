import { relative } from 'node:path';
import { z } from 'zod';
import { regoFiles } from '../pack-annotations.ts';
import { regoFlags } from '../pack-manifest.ts';
import type { PackSources } from '../pack-sources.ts';
import type { CheckStep, Problem } from './check-step.ts';
import type { OpaPool } from './opa-pool.ts';

const TestResult = z.object({
  location: z.object({ file: z.string(), row: z.int() }),
  package: z.string(),
  name: z.string(),
  fail: z.boolean().default(false),
  skip: z.boolean().default(false),
  error: z.unknown().optional(),
});
export type TestResult = z.infer<typeof TestResult>;

const Span = z.object({ start: z.object({ row: z.int() }), end: z.object({ row: z.int() }) });
const Coverage = z.object({ files: z.record(z.string(), z.object({ not_covered: z.array(Span).default([]) })) });

/** Starts tests in one process of their own; `only` is a regular expression over `package.name`. */
export async function runTests(opa: OpaPool, pack: PackSources, only: string): Promise<TestResult[] | string> {
  const args = ['test', '--format', 'json', '--run', only, ...regoFlags(pack), ...pack.bundled, ...pack.tests];
  const { stdout, stderr } = await opa.run(args, { cwd: pack.folder });
  try {
    return z.array(TestResult).parse(JSON.parse(stdout));
  } catch {
    return (stderr || stdout).trim() || 'OPA printed nothing';
  }
}

async function findUncovered(opa: OpaPool, pack: PackSources): Promise<Problem[]> {
  const args = ['test', '--coverage', '--format', 'json', ...regoFlags(pack), ...pack.bundled, ...pack.tests];
  const { stdout } = await opa.run(args, { cwd: pack.folder });
  const { files } = Coverage.parse(JSON.parse(stdout));
  return regoFiles(pack.bundled).flatMap((file) => {
    const covered = files[file];
    const place = relative('.', `${pack.folder}/${file}`);
    if (!covered) return [{ place, message: 'no test reaches this file', fix: 'Write tests for its rules.' }];
    return covered.not_covered.map(({ start, end }) => ({
      place: `${place}:${start.row}`,
      message: start.row === end.row ? 'no test reaches this line' : `no test reaches the lines ${start.row} to ${end.row}`,
      fix: 'Write a test that reaches it, or remove it.',
    }));
  });
}

function judge(pack: PackSources, { location, name, fail, skip, error }: TestResult): Problem[] {
  const place = relative('.', `${pack.folder}/${location.file}:${location.row}`);
  if (skip) return [{ place, message: `${name} is skipped`, fix: 'Let it run, or remove it.' }];
  if (error !== undefined)
    return [{ place, message: `${name} ended with an error: ${JSON.stringify(error)}`, fix: 'Mend the rule or the test.' }];
  return fail ? [{ place, message: `${name} fails`, fix: `Mend the rule or the test; opa test -v -r ${name} shows why.` }] : [];
}

/** The pack's own tests pass, none is skipped, and together they reach every line of its rules. */
export const checkTests: CheckStep = {
  name: 'tests',
  needsOpa: true,
  async run({ opa }, pack) {
    const results = await runTests(opa, pack, '.*');
    const place = relative('.', pack.folder);
    if (typeof results === 'string')
      return { facts: 'not started', problems: [{ place, message: results, fix: 'Mend what OPA cannot read.' }] };
    if (results.length === 0)
      return {
        facts: '0 tests',
        problems: [{ place, message: 'there is no test', fix: 'Write tests beside the rules, in files named *_test.rego.' }],
      };
    const failed = results.flatMap((result) => judge(pack, result));
    const uncovered = failed.length > 0 ? [] : await findUncovered(opa, pack);
    const coverage =
      failed.length > 0 ? 'coverage waits for them' : uncovered.length === 0 ? 'every line of the rules reached' : 'lines not reached';
    return { facts: `${results.length} tests, ${coverage}`, problems: [...failed, ...uncovered] };
  },
};
