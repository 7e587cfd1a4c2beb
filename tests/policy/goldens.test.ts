/** Worked cases of every shipped pack, asked as the engine asks: the pack sees only the parts of a question that its manifest names. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { InputView, packView } from '../../policy/engine/input-view.ts';
import { loadBundle } from '../../policy/engine/load-bundle.ts';
import { shippedPacks } from '../../policy/engine/shipped-packs.ts';
import { WasmPack } from '../../policy/engine/wasm-pack.ts';
import { isBuiltFrom } from '../../scripts/policy/build-pack.ts';
import { readPackSources } from '../../scripts/policy/pack-sources.ts';
import type { Json } from '../../shared/core/json/canonical-json.ts';
import { applyMergePatch } from '../../shared/policy-catalog/merge-patch.ts';
import { GoldenKind, PackGoldens, type GoldenCase } from '../../shared/policy-catalog/pack-goldens.ts';
import { PolicyInput, type PackVerdict } from '../../shared/port/policy-engine.ts';

const packFolder = new URL('../../policy/packs/', import.meta.url);
const textOf = (path: string): string => readFileSync(new URL(path, packFolder), 'utf8');
const base = z.json().parse(JSON.parse(textOf('../goldens/input.json')));

const packs = readdirSync(packFolder)
  .filter((name) => readdirSync(new URL(`${name}/`, packFolder)).includes('goldens.json'))
  .sort()
  .map((name) => ({ name, ...PackGoldens.parse(JSON.parse(textOf(`${name}/goldens.json`))), rules: rulesOf(name) }));
const cases = packs.flatMap(({ name, cases: found }) => found.map((golden) => ({ name, title: golden.title, golden })));

/** Every rule a pack says it has, by the annotation that gives the rule its name. */
function rulesOf(name: string): { rule: string; severity: string | undefined }[] {
  const rules = textOf(`${name}/${name}.rego`).matchAll(/^# {3}short_name: (\w+)\n(?:# {3}.*\n)*?# {3}severity: (\w+)$/gm);
  return [...rules].map(([, shortName, severity]) => ({ rule: `${name}.${String(shortName)}`, severity }));
}

function bundleOf(name: string): Uint8Array {
  return readFileSync(new URL(`${name}/bundle.tar.gz`, packFolder));
}

async function judge(name: string, question: Json, data?: GoldenCase['data']): Promise<PackVerdict> {
  const bundle = await loadBundle(bundleOf(name), 'digest');
  const pack = await WasmPack.load(data === undefined ? bundle : { ...bundle, data: { mc: { [name]: data } } });
  const seen = new InputView(z.record(z.string(), z.json()).parse(question)).of(packView(bundle));
  return pack.judge(seen, 60_000, () => performance.now());
}

test('the question that every case starts from is one the engine could be asked', () => {
  expect(PolicyInput.safeParse(base).error).toBeUndefined();
});

test('every pack this program ships with has worked cases', () => {
  expect(packs.map(({ name }) => name)).toEqual(shippedPacks.map(({ name }) => name));
});

test.each(readPackSources(fileURLToPath(packFolder)))('$name was built from the rules and data in the checkout', async (sources) => {
  expect(await isBuiltFrom(sources, bundleOf(sources.name))).toBe(true);
  expect(await isBuiltFrom({ ...sources, bundled: sources.bundled.slice(1) }, bundleOf(sources.name))).toBe(false);
});

test.each(packs)('$name denies when a part of the question that it reads is none it could read', async ({ name }) => {
  const { reads } = await loadBundle(bundleOf(name), 'digest');
  for (const part of reads) {
    const path = part.split('.');
    const now = path.reduce<unknown>((value, field) => Reflect.get(Object(value), field), base);
    const broken = path.reduceRight<Json>((inner, field) => ({ [field]: inner }), typeof now === 'number' ? 'seven' : 7);
    // Parts of an attempt are null here, where none is judged; that they are asked for at an attempt is a case of each pack.
    if (now === null && part !== 'home.region') continue;
    expect({ part, ...(await judge(name, applyMergePatch(base, broken))) }).toMatchObject({ part, verdict: 'deny' });
  }
});

describe.each(packs)('the worked cases of $name', ({ name, pack, cases: found, rules }) => {
  test('are its own', () => {
    expect(pack).toBe(name);
  });

  test('show every rule of the pack and no other', () => {
    const shown = new Set(found.flatMap(({ expect: { rules: expected } }) => expected));
    expect([...shown].sort()).toEqual([...new Set(rules.map(({ rule }) => rule))].sort());
  });

  test('show everything the pack can say', () => {
    const kinds = GoldenKind.options.filter((kind) => kind !== 'warn' || rules.some(({ severity }) => severity === 'warning'));
    expect([...new Set(found.map(({ kind }) => kind))].sort()).toEqual(kinds.toSorted());
  });

  test('change a question that the pack allows without a word', async () => {
    expect(await judge(name, base)).toMatchObject({ pack: name, verdict: 'allow', entries: [] });
  });
});

test.each(cases)('$name: $title', async ({ name, golden: { kind, change, data, expect: expected } }) => {
  const question = applyMergePatch(base, change);
  const { verdict, entries } = await judge(name, question, data);
  expect({ verdict, rules: [...new Set(entries.map(({ rule }) => rule))].sort() }).toEqual({
    verdict: expected.verdict,
    rules: expected.rules.toSorted(),
  });
  if (kind === 'bad-data') expect(verdict).not.toBe('allow');
  else {
    expect(verdict).toBe(kind);
    expect(PolicyInput.safeParse(question).error).toBeUndefined();
  }
});
