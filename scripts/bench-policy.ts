/**
 * Measures how long the shipped packs take to judge: `node scripts/bench-policy.ts [--json]`. One process, warm, wall-clock time of
 * one `evaluate` from the question as an object to parsed verdicts.
 */
import { loadShippedPacks } from '../policy/engine/load-shipped-packs.ts';
import { digestBytes } from '../shared/core/digest.ts';
import type { PolicyInput } from '../shared/port/policy-engine.ts';

const digest = digestBytes('bench');

function question(tasks: number, region: string): PolicyInput {
  return {
    actor: { sub: 'bench', roles: ['admin'], tenant: 'bench' },
    tenant: { id: 'bench' },
    home: { region: 'EU', cloud: 'local' },
    request: { point: 'start', region: 'EU', resourceClass: 'small' },
    workflow: {
      name: 'bench',
      version: '1.0.0',
      digest,
      region: 'EU',
      dataClass: 'internal',
      exportTag: null,
      tasks: Array.from({ length: tasks }, (_, index) => ({
        id: `task${index}`,
        uses: 'pkg:demo/echo@1.0.0',
        region,
        resourceClass: 'small',
        egress: [],
      })),
    },
    plan: { estimatedCostUSD: 0.01, sandbox: 'bubblewrap' },
  };
}

const rounded = (value: number | undefined): number => Math.round((value ?? 0) * 10) / 10;

const beforeLoad = performance.now();
const engine = await loadShippedPacks();
const loadMs = rounded(performance.now() - beforeLoad);

async function measure(tasks: number, region: string): Promise<object> {
  const input = question(tasks, region);
  const evaluations = Math.max(200, Math.floor(100_000 / tasks));
  const tookUs: number[] = [];
  let verdict = '';
  for (let index = 0; index < evaluations; index++) {
    const startedMs = performance.now();
    const [pack] = await engine.evaluate('start', input);
    tookUs.push((performance.now() - startedMs) * 1_000);
    verdict = pack?.verdict ?? '';
  }
  tookUs.sort((a, b) => a - b);
  const at = (part: number): number => rounded(tookUs[Math.floor(evaluations * part)]);
  return { tasks, verdict, evaluations, inputBytes: JSON.stringify(input).length, p50Us: at(0.5), p95Us: at(0.95), p99Us: at(0.99) };
}

const rows: object[] = [];
for (const [tasks, region] of [
  [7, 'EU'],
  [7, 'US'],
  [20, 'EU'],
  [100, 'EU'],
  [500, 'EU'],
  [500, 'US'],
] as const)
  rows.push(await measure(tasks, region));
if (process.argv.includes('--json')) console.log(JSON.stringify({ loadMs, rows }));
else {
  console.table(rows);
  console.log(`packs loaded in ${loadMs} ms`);
}
