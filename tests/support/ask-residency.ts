/** Asks the residency pack, compiled and by OPA's own interpreter. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from '@jest/globals';
import { z } from 'zod';
import { loadBundle } from '../../policy/engine/load-bundle.ts';
import { WasmPack } from '../../policy/engine/wasm-pack.ts';
import { findOpa, runOpa } from '../../scripts/policy/find-opa.ts';
import type { Json } from '../../shared/core/json/canonical-json.ts';
import { RuleEntry, type PackVerdict } from '../../shared/port/policy-engine.ts';
import { residencyBundle } from './build-policy-bundle.ts';

const packFolder = fileURLToPath(new URL('../../policy/packs/residency/', import.meta.url));
const opa = findOpa();

/** A test that needs OPA, and what its name ends in when it is skipped. */
export const withOpa = opa === undefined ? test.skip : test;
export const without = opa === undefined ? ' (skipped: no OPA in MC_OPA, .oracles or PATH)' : '';

/** The compiled pack, with other data than its own when some is given. */
export async function openResidency(data?: Json): Promise<WasmPack> {
  const bundle = await loadBundle(residencyBundle(), 'digest');
  return WasmPack.load(data === undefined ? bundle : { ...bundle, data: z.record(z.string(), z.json()).parse(data) });
}

/** What a compiled pack says about an input, however long it takes. */
export async function judgeWith(pack: WasmPack, input: Json): Promise<PackVerdict> {
  return pack.judge(JSON.stringify(input), 60_000, () => performance.now());
}

const Findings = z.array(RuleEntry.omit({ effect: true }));
const Interpreted = z.object({
  result: z.tuple([z.object({ expressions: z.tuple([z.object({ value: z.array(z.strictObject({ deny: Findings, warn: Findings })) })]) })]),
});

/** What OPA's interpreter says about many inputs, in one run, in the order and shape of our verdicts. */
export function interpret(inputs: readonly Json[], data?: Json): RuleEntry[][] {
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
