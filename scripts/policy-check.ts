/**
 * Checks policy packs: layout, lint, tests and their coverage, goldens, wasm against stock OPA, annotations, bundles and signatures, pages,
 * and how often each test fails. Every step of every pack is run to its end and every problem is named with its fix; exit 1 when there is one.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { z } from 'zod';
import { shippedPacksKey } from '../policy/engine/shipped-packs.ts';
import { parseOptions, usage, type CheckOptions } from './policy/check/check-options.ts';
import { checkSteps } from './policy/check/check-steps.ts';
import type { CheckContext } from './policy/check/check-step.ts';
import { OpaPool } from './policy/check/opa-pool.ts';
import { renderReport, renderResult, type CheckReport } from './policy/check/render-report.ts';
import { runChecks } from './policy/check/run-checks.ts';
import { findOpa, runOpa } from './policy/find-opa.ts';
import { readPack, readPackSources, type PackSources } from './policy/pack-sources.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

/** The packs named on the command line, or those that this program ships with; a text for a folder that holds none. */
function packsOf({ folders }: CheckOptions): PackSources[] | string {
  if (folders.length === 0) return readPackSources(join(root, 'policy/packs'));
  const packs: PackSources[] = [];
  for (const path of folders.map((folder) => resolve(folder))) {
    const pack = existsSync(path) && statSync(path).isDirectory() ? readPack(path) : undefined;
    if (!pack) return `${path} is no policy pack: a pack is a folder with a .manifest, rules and goldens`;
    packs.push(pack);
  }
  return packs;
}

async function writeReport(path: string, report: CheckReport): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, await format(renderReport(report), { parser: 'markdown' }));
  writeFileSync(path.replace(/\.md$/, '.json'), `${JSON.stringify(report, null, 2)}\n`);
  console.log(`policy: the report is in ${path}, and as JSON beside it`);
}

function conclude(steps: CheckReport['steps'], seconds: number): void {
  const count = (verdict: string): number => steps.filter((step) => step.verdict === verdict).length;
  const problems = steps.reduce((sum, step) => sum + step.problems.length, 0);
  const skipped = count('skipped');
  if (skipped > 0)
    console.log(
      `policy: OPA WAS NOT USED: ${skipped} steps were not run. Rules were neither compiled, tested nor compared with stock OPA.`,
    );
  console.log(
    `policy: ${count('passed')} steps passed, ${count('failed')} failed with ${problems} problems, ${skipped} not run, ${seconds} s`,
  );
}

async function check(options: CheckOptions, packs: readonly PackSources[]): Promise<number> {
  const found = findOpa();
  const path = found !== undefined && existsSync(found) ? found : undefined;
  if (path === undefined && !options.withoutOpa) {
    console.error('policy: OPA 1.x is needed: run `node scripts/oracles.ts`, put opa on PATH, or name it in MC_OPA.');
    console.error('policy: with --without-opa only what needs none is checked.');
    return 1;
  }
  const startedAt = new Date();
  const hasOpa = path !== undefined && !options.withoutOpa;
  const { runs, seed, mutations } = options;
  const context: CheckContext = {
    opa: new OpaPool(path ?? 'opa', options.processes),
    hasOpa,
    settings: { runs, seed, mutations },
    base: z.json().parse(JSON.parse(readFileSync(join(root, 'policy/goldens/input.json'), 'utf8'))),
    isShipped: options.folders.length === 0,
    key:
      options.keyFile === undefined ? (options.folders.length === 0 ? shippedPacksKey : undefined) : readFileSync(options.keyFile, 'utf8'),
  };
  const opa = hasOpa ? (/^Version: (.*)$/m.exec(runOpa(path, ['version'], { cwd: root }))?.[1] ?? 'of an unknown version') : null;
  const steps = await runChecks(context, packs, checkSteps);
  for (const result of steps) console.log(renderResult(result));
  const seconds = Math.round((Date.now() - startedAt.getTime()) / 100) / 10;
  const verdict = steps.some((step) => step.verdict === 'failed') ? 'failed' : 'passed';
  conclude(steps, seconds);
  if (options.report !== undefined)
    await writeReport(options.report, { startedAt: startedAt.toISOString(), seconds, opa, settings: context.settings, verdict, steps });
  return verdict === 'failed' ? 1 : 0;
}

function refuse(wrong: string): number {
  console.error(`policy: ${wrong}\n\n${usage}`);
  return 2;
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), Date.now());
  if ('wrong' in options) return refuse(options.wrong);
  const packs = packsOf(options);
  return typeof packs === 'string' ? refuse(packs) : check(options, packs);
}

process.exitCode = await main();
