/**
 * Measures how long the shipped packs take to judge, all together: `node scripts/bench/commands/policy.ts [--json] [--check]`. One process, wall-clock
 * time of one `evaluate` from the question as an object to parsed verdicts. Cold: every question is a new one to every pack. Warm: the same
 * question again. `--check` fails when the run of 7 tasks misses its target.
 */
import { readFileSync } from 'node:fs';
import { loadShippedPacks } from '../../../policy/engine/load-shipped-packs.ts';
import { shippedPacks } from '../../../policy/engine/shipped-packs.ts';
import { PolicyInput } from '../../../shared/port/policy-engine.ts';

/** p95 of a run of 7 tasks, for all shipped packs together. */
const targetsUs = { cold: 1_000, warm: 100 } as const;

const base = PolicyInput.parse(JSON.parse(readFileSync(new URL('../../../policy/goldens/input.json', import.meta.url), 'utf8')));

/** A start of this many tasks; another `turn` is another question to every pack, because every pack sees the data of its tenant or its id. */
function question({ tasks, isDenied, turn }: { tasks: number; isDenied: boolean; turn: number }): PolicyInput {
  const [task] = base.workflow.tasks;
  if (!task) throw new Error('policy/goldens/input.json has no task');
  const region = isDenied ? 'EU' : base.request.region;
  return {
    ...base,
    actor: { ...base.actor, tenant: `bench${turn}` },
    tenant: { ...base.tenant, id: `bench${turn}` },
    workflow: { ...base.workflow, tasks: Array.from({ length: tasks }, (_, index) => ({ ...task, id: `task${index}`, region })) },
  };
}

const rounded = (value: number | undefined): number => Math.round((value ?? 0) * 10) / 10;

const beforeLoad = performance.now();
const engine = await loadShippedPacks();
const loadMs = rounded(performance.now() - beforeLoad);

interface Case {
  cache: keyof typeof targetsUs;
  tasks: number;
  isDenied?: boolean;
}

interface Row {
  cache: keyof typeof targetsUs;
  tasks: number;
  packs: number;
  verdict: string;
  evaluations: number;
  inputBytes: number;
  p50Us: number;
  p95Us: number;
  p99Us: number;
}

async function measure({ cache, tasks, isDenied = false }: Case): Promise<Row> {
  const evaluations = Math.max(200, Math.floor(20_000 / tasks));
  const warmUp = Math.floor(evaluations / 10);
  const tookUs: number[] = [];
  let verdicts: string[] = [];
  for (let index = 0; index < warmUp + evaluations; index++) {
    const input = question({ tasks, isDenied, turn: cache === 'cold' ? index : 0 });
    const startedMs = performance.now();
    const packs = await engine.evaluate('start', input, []);
    if (index >= warmUp) tookUs.push((performance.now() - startedMs) * 1_000);
    verdicts = packs.map(({ verdict }) => verdict);
  }
  tookUs.sort((a, b) => a - b);
  const at = (part: number): number => rounded(tookUs[Math.floor(evaluations * part)]);
  const inputBytes = JSON.stringify(question({ tasks, isDenied, turn: 0 })).length;
  const verdict = ['deny', 'warn'].find((strongest) => verdicts.includes(strongest)) ?? 'allow';
  const times = { p50Us: at(0.5), p95Us: at(0.95), p99Us: at(0.99) };
  return { cache, tasks, packs: verdicts.length, verdict, evaluations, inputBytes, ...times };
}

const cases: readonly Case[] = [
  { cache: 'cold', tasks: 7 },
  { cache: 'warm', tasks: 7 },
  { cache: 'cold', tasks: 7, isDenied: true },
  { cache: 'cold', tasks: 20 },
  { cache: 'warm', tasks: 20 },
  { cache: 'cold', tasks: 100 },
  { cache: 'cold', tasks: 500 },
];
const rows: Row[] = [];
for (const one of cases) rows.push(await measure(one));
if (process.argv.includes('--json')) console.log(JSON.stringify({ loadMs, packs: shippedPacks.map(({ name }) => name), targetsUs, rows }));
else {
  console.table(rows);
  console.log(`${shippedPacks.length} packs loaded in ${loadMs} ms`);
}
const late = rows.filter(({ cache, tasks, p95Us }) => tasks === 7 && p95Us > targetsUs[cache]);
for (const { cache, p95Us } of late)
  console.error(`policy: p95 of 7 tasks, ${cache}, is ${p95Us} µs, the target is ${targetsUs[cache]} µs`);
if (process.argv.includes('--check') && late.length > 0) process.exitCode = 1;
