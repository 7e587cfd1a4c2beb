/**
 * Simulates the engine in many worlds of virtual time, each drawn from a seed, and checks what must hold in all of them (docs/adr/ADR-0021-simulation.md).
 *
 *   node scripts/sim.ts --seeds N [--start S|fresh] [--workers W] [--plant NAME] [--coverage]
 *   node scripts/sim.ts --seed X [--trace] [--plant NAME]
 *
 * Exit code 2 for wrong flags, 1 when a rule does not hold, or when a large campaign did not reach a terminal state; then the seed, the rule and its trace are printed.
 */
import { parseArgs } from 'node:util';
import { wholeNumber } from './flags/whole-number.ts';
import { runCampaign, type CampaignResult } from './sim/campaign.ts';
import { endings, notReached, reached } from './sim/check/coverage.ts';
import { Groundwork } from './sim/groundwork.ts';
import { plants, type PlantName } from './sim/plants.ts';
import { runSeed } from './sim/run-seed.ts';

/** So many seeds reach every state; fewer may not. */
const completeSeeds = 5_000;
/** The rest of a trace is the end of it, where the rule broke. */
const traceLines = 400;
const progressMs = 10_000;
const maxFailures = 5;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    start: { type: 'string', default: '1' },
    seed: { type: 'string' },
    workers: { type: 'string', default: '1' },
    plant: { type: 'string' },
    trace: { type: 'boolean', default: false },
    coverage: { type: 'boolean', default: false },
  },
});

function plantNamed(name: string | undefined): PlantName | undefined {
  const names = Object.keys(plants) as PlantName[]; // The keys of a constant.
  const found = names.find((known) => known === name);
  if (name === undefined || found !== undefined) return found;
  process.stderr.write(`--plant takes one of ${names.join(', ')}, got ${name}\n`);
  process.exit(2);
}

/** Worlds that nobody has seen begin where the clock says; the answer names the place. */
function firstSeed(): number {
  return values.start === 'fresh' ? Math.floor(Date.now() / 1_000) : wholeNumber('start', values.start, { from: 0 });
}

async function runOne(seed: number, plant: PlantName | undefined, isTraced: boolean): Promise<boolean> {
  const trace: string[] = [];
  const { violations, events } = await runSeed(await Groundwork.lay(), seed, { plant, trace });
  const shown = isTraced && violations.length === 0 ? trace : trace.slice(-traceLines);
  if (isTraced || violations.length > 0) console.log(shown.join('\n'));
  for (const { rule, message } of violations) console.log(`seed ${seed}: ${rule}: ${message}`);
  if (violations.length === 0) console.log(`seed ${seed}: ${events} events, every rule holds`);
  return violations.length === 0;
}

async function runMany(plant: PlantName | undefined): Promise<boolean> {
  const campaign = {
    start: firstSeed(),
    seeds: wholeNumber('seeds', values.seeds),
    workers: wholeNumber('workers', values.workers),
    plant,
    maxFailures,
  };
  const startedMs = performance.now();
  const speed = ({ seeds }: CampaignResult): string => `${((1_000 * seeds) / (performance.now() - startedMs)).toFixed(0)} seeds/s`;
  let toldMs = startedMs;
  const result = await runCampaign(campaign, (so) => {
    if (performance.now() - toldMs < progressMs) return;
    toldMs = performance.now();
    console.error(`${so.seeds} of ${campaign.seeds} seeds, ${speed(so)}, ${so.failures.length} failed`);
  });
  const { count: found, of } = reached(result.seen);
  console.log(
    `${result.seeds} seeds from ${campaign.start} on, ${result.events} events, ${speed(result)}; runs ended: ${endings(result.seen)}`,
  );
  const missing = notReached(result.seen);
  console.log(
    `reached ${found} of ${of} states, faults and races${[...missing].map(([kind, names]) => `\n  not ${kind}: ${names.join(', ')}`).join('')}`,
  );
  if (values.coverage)
    console.log(
      [...result.seen]
        .sort()
        .map(([name, times]) => `  ${String(times).padStart(9)}  ${name}`)
        .join('\n'),
    );
  const [first] = result.failures;
  if (first) {
    await runOne(first.seed, plant, true);
    for (const { seed, violations } of result.failures)
      console.log(`seed ${seed} breaks: ${violations.map(({ rule }) => rule).join(', ')}`);
    console.log(`again: npm run sim -- --seed ${first.seed} --trace${plant ? ` --plant ${plant}` : ''}`);
  }
  const isComplete = result.seeds < completeSeeds || !missing.has('terminal states');
  return result.failures.length === 0 && isComplete;
}

const plant = plantNamed(values.plant);
const holds =
  values.seed === undefined ? await runMany(plant) : await runOne(wholeNumber('seed', values.seed, { from: 0 }), plant, values.trace);
process.exitCode = holds ? 0 : 1;
