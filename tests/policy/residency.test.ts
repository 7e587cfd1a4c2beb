/**
 * The compiled residency pack, judged by its recorded decisions (a recorded one is never edited, a new rule adds a file) and,
 * where OPA is at hand, by OPA's own interpreter on the same rules.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { loadBundle } from '../../policy/engine/load-bundle.ts';
import { WasmPack } from '../../policy/engine/wasm-pack.ts';
import { buildBundle, isBuiltFrom, isSameBundle } from '../../scripts/policy/build-pack.ts';
import { findOpa, runOpa } from '../../scripts/policy/find-opa.ts';
import { packReadme } from '../../scripts/policy/pack-readme.ts';
import { readPackSources } from '../../scripts/policy/pack-sources.ts';
import type { Json } from '../../shared/core/canonical-json.ts';
import { PolicyInput, RuleEntry, type PackVerdict } from '../../shared/port/policy-engine.ts';
import { changedBundle, residencyBundle } from '../support/build-policy-bundle.ts';
import { buildInput } from '../support/build-policy-input.ts';

const goldenFolder = new URL('../golden/policy/residency/', import.meta.url);
const Golden = z.strictObject({
  title: z.string(),
  data: z.json().optional(),
  input: z.json(),
  verdict: z.enum(['allow', 'warn', 'deny']),
  entries: z.array(RuleEntry),
});
const goldens = readdirSync(goldenFolder)
  .sort()
  .map((file) => ({ file, ...Golden.parse(JSON.parse(readFileSync(new URL(file, goldenFolder), 'utf8'))) }));

const packFolder = fileURLToPath(new URL('../../policy/packs/residency/', import.meta.url));
const sources = readPackSources(join(packFolder, '..')).find(({ name }) => name === 'residency')!;
const opa = findOpa();
const withOpa = opa === undefined ? test.skip : test;
const without = opa === undefined ? ' (skipped: no OPA in MC_OPA, .oracles or PATH)' : '';

/** Of the generated inputs; another one is another test. */
const seed = 20_261_120;

async function judge(input: Json, data?: Json): Promise<PackVerdict> {
  const archive = data === undefined ? residencyBundle() : await changedBundle({ 'data.json': JSON.stringify(data) });
  const pack = await WasmPack.load(await loadBundle(archive));
  return judgeWith(pack, input);
}

async function judgeWith(pack: WasmPack, input: Json): Promise<PackVerdict> {
  const bytes = new TextEncoder().encode(JSON.stringify(input));
  return pack.judge(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength), 60_000, () => performance.now());
}

const Findings = z.array(RuleEntry.omit({ effect: true }));
const Interpreted = z.object({
  result: z.tuple([z.object({ expressions: z.tuple([z.object({ value: z.array(z.strictObject({ deny: Findings, warn: Findings })) })]) })]),
});

/** What OPA's interpreter says about many inputs, in one run, in the order and shape of our verdicts. */
function interpret(inputs: readonly Json[], data?: Json): RuleEntry[][] {
  const folder = mkdtempSync(join(tmpdir(), 'mc-opa-'));
  const dataFile = join(folder, 'data.json');
  writeFileSync(dataFile, data === undefined ? readFileSync(join(packFolder, 'data.json')) : JSON.stringify(data));
  const query = '[verdict | some item in input; verdict := data.mc.residency.verdict with input as item]';
  const args = ['eval', '-f', 'json', '-I', '-d', 'residency.rego', '-d', dataFile, query];
  try {
    const printed = runOpa(opa ?? 'opa', args, { cwd: packFolder, input: JSON.stringify(inputs) });
    return Interpreted.parse(JSON.parse(printed)).result[0].expressions[0].value.map(({ deny, warn }) => [
      ...entriesOf('deny', deny),
      ...entriesOf('warn', warn),
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function entriesOf(effect: RuleEntry['effect'], findings: z.infer<typeof Findings>): RuleEntry[] {
  const key = ({ rule, message }: { rule: string; message: string }): string => `${rule}\n${message}`;
  return findings.map((finding) => ({ effect, ...finding })).sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

describe('recorded decisions of the residency pack', () => {
  test.each(goldens)('$file: $title', async ({ input, data, verdict, entries }) => {
    expect(await judge(input, data)).toMatchObject({ pack: 'residency', verdict, entries });
  });

  test.each(goldens.filter(({ file }) => !file.startsWith('bad-input')))('$file asks in the shape of the contract', ({ input }) => {
    expect(PolicyInput.safeParse(input).error).toBeUndefined();
  });

  withOpa.each(goldens)(`$file is what OPA says${without}`, ({ input, data, entries }) => {
    expect(interpret([input], data)).toEqual([entries]);
  });
});

describe('the compiled pack', () => {
  test('was built from the rules and data in the checkout', async () => {
    expect(await isBuiltFrom(sources, residencyBundle())).toBe(true);
    expect(await isBuiltFrom({ ...sources, bundled: ['residency.rego'] }, residencyBundle())).toBe(false);
  });

  withOpa(`is what OPA builds, twice the same bytes${without}`, async () => {
    const built = buildBundle(opa ?? '', sources);
    expect(Buffer.compare(built, buildBundle(opa ?? '', sources))).toBe(0);
    expect(await isSameBundle(built, residencyBundle())).toBe(true);
    expect(await isSameBundle(built, await changedBundle({ 'data.json': '{}' }))).toBe(false);
  });

  withOpa(`has a README with every rule${without}`, () => {
    const readme = packReadme(opa ?? '', sources);
    const rules = goldens.flatMap(({ entries }) => entries.map(({ rule }) => rule));
    for (const rule of rules) expect(readme).toContain(`\`${rule}\``);
  });

  test('allows exactly what the rules in plain words allow, on 400 inputs, most of them broken', async () => {
    const pack = await WasmPack.load(await loadBundle(residencyBundle()));
    for (const input of fc.sample(brokenInput(), { seed, numRuns: 400 })) {
      const { verdict } = await judgeWith(pack, input);
      expect({ seed, input, isDenied: verdict === 'deny' }).toEqual({ seed, input, isDenied: !isFine(input) });
    }
  });

  withOpa(`agrees with OPA on 400 inputs, most of them broken${without}`, async () => {
    const inputs = fc.sample(brokenInput(), { seed, numRuns: 400 });
    const pack = await WasmPack.load(await loadBundle(residencyBundle()));
    const verdicts = [];
    for (const input of inputs) verdicts.push((await judgeWith(pack, input)).entries);
    expect({ seed, verdicts }).toEqual({ seed, verdicts: interpret(inputs) });
  });
});

const Name = z.string().min(1);
const Needed = z.object({
  home: z.object({ region: Name.nullable() }),
  request: z.object({ region: Name }),
  workflow: z.object({
    region: Name,
    dataClass: Name,
    tasks: z.array(z.object({ id: Name, region: Name, egress: z.array(z.object({ host: Name })) })).min(1),
  }),
});

/** The pack in plain words: everything needed is there, one region everywhere, the home's if it declares one, and not a banned one. */
function isFine(input: Json): boolean {
  const { data } = Needed.safeParse(input);
  if (!data) return false;
  const { home, request, workflow } = data;
  const homes = home.region === null ? [] : [{ region: home.region }];
  const isOneRegion = [...homes, workflow, ...workflow.tasks].every(({ region }) => region === request.region);
  return isOneRegion && !/^(kp|ru)(-|$)/i.test(request.region);
}

/** Inputs near the contract: each field may be right, of a wrong type, or gone. */
function brokenInput(): fc.Arbitrary<Json> {
  const odd = fc.constantFrom<Json>(null, '', 0, 1.5, true, [], {}, ['EU'], { region: 'EU' });
  const often = (good: fc.Arbitrary<Json>): fc.Arbitrary<Json> => fc.oneof({ weight: 8, arbitrary: good }, { weight: 1, arbitrary: odd });
  const record = (fields: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<Json> => fc.record(fields, { requiredKeys: [] }).map(asJson);
  const region = often(fc.constantFrom('EU', 'eu', 'EU', 'US', 'RU', 'ru-central1', 'KP', '-RU', 'ﬁ-1'));
  const rule = often(record({ host: often(fc.constantFrom('a.example.com', 'b.example.com')), ports: fc.constant([443]) }));
  const egress = often(fc.array(rule, { maxLength: 7 }));
  const id = often(fc.constantFrom('read', 'report', '{got}', 'ü'));
  const task = often(fc.oneof(fc.record({ id, region, egress }), record({ id, region, egress })));
  const tasks = often(fc.array(task, { maxLength: 4 }));
  const dataClass = often(fc.constantFrom('pii', 'internal', 'confidential'));
  const workflow = often(fc.oneof(fc.record({ region, dataClass, tasks }), record({ region, dataClass, tasks })));
  const request = often(record({ region }));
  const home = often(fc.record({ region: fc.oneof(fc.constant(null), region) }));
  return fc.oneof(
    { weight: 20, arbitrary: fc.record({ home, request, workflow }) },
    { weight: 1, arbitrary: odd },
    { weight: 2, arbitrary: fc.constant(asJson(buildInput())) },
  );
}

const asJson = (value: unknown): Json => z.json().parse(value);
