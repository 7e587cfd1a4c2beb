/** `npm run policy:check` as it is started: what it says, what it exits with, and the report it leaves. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { parseOptions } from '../../../scripts/policy/check/check-options.ts';
import { buildBundle } from '../../../scripts/policy/build-pack.ts';
import { findOpa } from '../../../scripts/policy/find-opa.ts';
import { openSigningKey } from '../../../scripts/policy/signing-key.ts';
import { copyCalmPack, type PackCopy } from '../../support/copy-calm-pack.ts';
import { bareEnv } from '../../support/cli/run-cli.ts';

const script = fileURLToPath(new URL('../../../scripts/policy-check.ts', import.meta.url));
const root = fileURLToPath(new URL('../../../', import.meta.url));
const opa = findOpa();
const withOpa = opa === undefined ? test.skip : test;
const without = opa === undefined ? ' (skipped: no OPA in MC_OPA, .oracles or PATH)' : '';

let pack: PackCopy;
beforeEach(() => {
  pack = copyCalmPack();
});
afterEach(() => {
  pack.remove();
});

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

async function check(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { cwd: root, env: bareEnv(env) }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });
}

const Report = z.object({
  verdict: z.string(),
  opa: z.string().nullable(),
  settings: z.object({ runs: z.int(), seed: z.int() }),
  steps: z.array(
    z.object({ step: z.string(), verdict: z.string(), problems: z.array(z.object({ fix: z.string() })), rates: z.array(z.json()) }),
  ),
});

withOpa(`a tenant's pack with nothing wrong passes, signature and all${without}`, async () => {
  using key = openSigningKey();
  const keyFile = join(pack.folder, '../key.pem');
  writeFileSync(keyFile, key.pem);
  writeFileSync(join(pack.folder, 'bundle.tar.gz'), buildBundle(opa ?? '', pack.sources(), key.path));
  const { code, stdout } = await check(['--pack', pack.folder, '--key', keyFile, '--mutations', '20', '--runs', '1']);
  expect(stdout).toMatch(/^calm +bundle +passed .*signature checked$/m);
  expect(stdout).toMatch(/9 steps passed, 0 failed with 0 problems, 0 not run/);
  expect(code).toBe(0);
});

withOpa(
  `every problem of every step is printed with its fix and written into the report, and the exit is 1${without}`,
  async () => {
    pack.change('goldens.json', '"rules": ["calm.class_large"]', '"rules": []');
    pack.change('calm.rego', '#   severity: warning', '#   severity: failure');
    pack.change('calm_test.rego', 'import data.mc.calm', 'import  data.mc.calm');
    const report = join(pack.folder, '../night/report.md');
    const { code, stdout } = await check(['--pack', pack.folder, '--mutations', '20', '--runs', '2', '--seed', '7', '--report', report]);
    expect(code).toBe(1);
    for (const step of ['format', 'goldens', 'annotations']) expect(stdout).toMatch(new RegExp(`^calm +${step} +FAILED`, 'm'));
    expect(stdout.match(/^ {4}fix: ./gm)).toHaveLength(4);
    const json = Report.parse(JSON.parse(readFileSync(report.replace('.md', '.json'), 'utf8')));
    expect(json).toMatchObject({ verdict: 'failed', settings: { runs: 2, seed: 7 } });
    expect(json.steps.flatMap(({ problems }) => problems)).toHaveLength(4);
    expect(json.steps.find(({ step }) => step === 'flakes')?.rates).toHaveLength(4);
    const page = readFileSync(report, 'utf8');
    expect(page).toContain('**failed**');
    expect(page).toMatch(/\| `data\.mc\.calm_test\.test_large_machines_are_warned_of` +\| +2 +\| +0 +\| +0\.0 % +\|/);
    expect(page).toContain('Large machines are warned of');
  },
  60_000,
);

test('without OPA the check fails and says how to get it', async () => {
  const { code, stderr, stdout } = await check(['--pack', pack.folder], { MC_OPA: '/nonexistent/opa' });
  expect(code).toBe(1);
  expect(stderr).toContain('node scripts/oracles.ts');
  expect(stderr).toContain('--without-opa');
  expect(stdout).toBe('');
});

test('what was not checked for want of OPA is said loudly', async () => {
  const { stdout } = await check(['--without-opa'], { MC_OPA: '/nonexistent/opa' });
  expect(stdout).toMatch(/^residency +goldens +passed/m);
  expect(stdout).toMatch(/^residency +bundle +passed .*compared by revision, signature checked$/m);
  expect(stdout).toMatch(/^residency +differential +SKIPPED .*NOT CHECKED, needs OPA$/m);
  expect(stdout).toContain('OPA WAS NOT USED');
});

test('an unknown option, a number that is none and a folder that is no pack are refused before anything is checked', async () => {
  for (const args of [['--fast'], ['--runs', '0'], ['--seed', 'x'], ['--report', 'report.txt']]) {
    const { code, stderr, stdout } = await check(args);
    expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
    expect(stderr).toContain('--pack FOLDER');
  }
  const { code, stderr } = await check(['--without-opa', '--pack', join(pack.folder, '..')]);
  expect(code).toBe(2);
  expect(stderr).toContain('is no policy pack');
  expect(existsSync(join(pack.folder, 'bundle.tar.gz'))).toBe(false);
});

test('by day the seed is always the same, and every night has another', () => {
  const seedOf = (args: string[], day: number): number => {
    const options = parseOptions(args, day * 86_400_000);
    return 'wrong' in options ? -1 : options.seed;
  };
  expect(seedOf([], 1)).toBe(seedOf([], 2));
  expect(seedOf(['--nightly'], 1)).not.toBe(seedOf(['--nightly'], 2));
  expect(seedOf(['--nightly', '--seed', '5'], 1)).toBe(5);
  expect(parseOptions(['--nightly'], 0)).toMatchObject({ runs: 100, mutations: 3000, report: 'dist/policy-report.md' });
});
