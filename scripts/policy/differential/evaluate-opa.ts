import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Json, JsonObject } from '../../../shared/core/json/canonical-json.ts';
import { regoFlags } from '../pack-manifest.ts';
import type { PackSources } from '../pack-sources.ts';
import { noDocument, noEvaluation, outcomeOf, type Outcome } from './evaluate-wasm.ts';
import type { OpaPool } from '../check/opa-pool.ts';

const Values = z.object({ result: z.tuple([z.object({ expressions: z.tuple([z.object({ value: z.unknown() })]) })]).optional() });
const Numbered = z.array(z.tuple([z.int(), z.unknown()]));

/** The questions of one evaluation by stock OPA, and the data it replaces that of the pack with, if any. */
interface Asked {
  pack: PackSources;
  inputs: readonly Json[];
  data?: JsonObject | undefined;
}

/** The value of a query; undefined when it has none, an error when OPA could not evaluate it. */
async function query(opa: OpaPool, { pack, data }: Asked, text: string, input: Json): Promise<{ value: unknown } | 'failed'> {
  const folder = data === undefined ? undefined : mkdtempSync(join(tmpdir(), 'mc-opa-'));
  try {
    const files = pack.bundled.filter((file) => folder === undefined || file !== 'data.json');
    if (folder !== undefined) writeFileSync(join(folder, 'data.json'), JSON.stringify(data));
    const paths = [...files, ...(folder === undefined ? [] : [join(folder, 'data.json')])].flatMap((path) => ['-d', path]);
    const { status, stdout } = await opa.run(['eval', '-f', 'json', '-I', ...regoFlags(pack), ...paths, text], {
      cwd: pack.folder,
      input: JSON.stringify(input),
    });
    return status === 0 ? { value: Values.parse(JSON.parse(stdout)).result?.[0].expressions[0].value } : 'failed';
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  }
}

/** What stock OPA answers to each input, every one of them in a process of its own: the plainest way to ask. */
export async function evaluateOneByOne(opa: OpaPool, asked: Asked): Promise<Outcome[]> {
  return Promise.all(
    asked.inputs.map(async (input) => {
      const answer = await query(opa, asked, `data.mc.${asked.pack.name}.verdict`, input);
      if (answer === 'failed') return noEvaluation;
      return answer.value === undefined ? noDocument : outcomeOf(answer.value);
    }),
  );
}

/**
 * The same in as few processes as can be: every input is put in with `with`. An input that OPA cannot evaluate fails the whole query,
 * so a failed one is halved until the input is found.
 */
export async function evaluateTogether(opa: OpaPool, asked: Asked): Promise<Outcome[]> {
  const { pack, inputs } = asked;
  if (inputs.length === 0) return [];
  // Without `some … in`, which a query of Rego v0 does not know.
  const text = `[[i, verdict] | item := input.items[i]; verdict := data.mc.${pack.name}.verdict with input as item]`;
  const answer = await query(opa, asked, text, { items: [...inputs] });
  if (answer !== 'failed') {
    const found = new Map(Numbered.parse(answer.value));
    return inputs.map((_, index) => (found.has(index) ? outcomeOf(found.get(index)) : noDocument));
  }
  if (inputs.length === 1) return [noEvaluation];
  const half = Math.ceil(inputs.length / 2);
  const halves = [inputs.slice(0, half), inputs.slice(half)].map((part) => evaluateTogether(opa, { ...asked, inputs: part }));
  return (await Promise.all(halves)).flat();
}
