/** One world from its beginning to its end. The same seed gives the same world, but for the random bytes of signatures and seals, on which nothing depends. */
import { checkEnd } from './check/check-end.ts';
import { sendCallers } from './callers.ts';
import { EmbeddedHome } from './home/embedded-home.ts';
import type { Groundwork } from './groundwork.ts';
import type { HomeRules } from './home/home.ts';
import { plants, type PlantName } from './plants.ts';
import { Random } from './world/random.ts';
import { drawScenario } from './world/scenario.ts';
import { ServerlessHome } from './home/serverless-home.ts';
import { takeOverGlobals } from './world/virtual-timers.ts';
import { Watcher } from './check/watch-writes.ts';
import { workflowNamed, type Behaviour } from './world/workflow-model.ts';
import { World, type Violation } from './world/world.ts';

export interface SeedResult {
  seed: number;
  violations: readonly Violation[];
  /** What happened, and how often. */
  seen: ReadonlyMap<string, number>;
  /** Events that ran. */
  events: number;
}

/** What is left to do, such as late messages, has had its chance after this. */
const afterglowMs = 16 * 60_000;
/** When faults are over for so long, everything that can end has ended: longest are a lease, five lost attempts and an operator. */
const patienceMs = 3 * 86_400_000;
/** A world that needs more turns in circles. */
const maxEvents = 400_000;

export async function runSeed(
  groundwork: Groundwork,
  seed: number,
  options: { plant?: PlantName | undefined; trace?: string[] } = {},
): Promise<SeedResult> {
  const random = new Random(seed);
  const scenario = drawScenario(random, new Random(~seed));
  const world = new World(scenario, random, options.trace);
  await groundwork.fill(world);
  const watcher = new Watcher(world);
  world.watcher = watcher;
  const restore = takeOverGlobals(world.scheduler, random);
  try {
    const rules: HomeRules = {
      ...behaviourRules(world),
      lendBlobs: (process) => groundwork.lendBlobs(process),
      plant: options.plant === undefined ? { what: 'none' } : plants[options.plant],
    };
    const home = scenario.home === 'embedded' ? new EmbeddedHome(world, rules) : new ServerlessHome(world, rules);
    const outside = sendCallers(world, home);
    const isStopped = (): boolean => world.violations.length > 0 || world.scheduler.ran > maxEvents;
    const isOver = (): boolean => outside.waiting === 0 && watcher.isQuiet;
    const lastMs = scenario.faultsEndMs + patienceMs;
    // A late copy of a request may begin a run in the afterglow: that one is waited for as well.
    do {
      await world.scheduler.drive(() => isStopped() || isOver() || world.now > lastMs);
      if (!isOver() && world.violations.length === 0)
        world.violate('everything ends', `after ${world.scheduler.ran} events there is still ${watcher.describeOpen()}`);
      const endsAt = world.now + afterglowMs;
      await world.scheduler.drive(() => isStopped() || world.now > endsAt);
    } while (!isStopped() && !isOver());
    if (world.violations.length === 0) checkEnd(world, outside, watcher.heads);
  } finally {
    restore();
  }
  world.note(`home ${scenario.home}`);
  return { seed, violations: world.violations, seen: world.seen, events: world.scheduler.ran };
}

/** How tasks behave, from the model of the workflow that a run is of. */
function behaviourRules({ store }: World): Pick<HomeRules, 'behaviourOf' | 'isDenied'> {
  const find = (workflow: string, taskId: string): { work: Behaviour; compensation: Behaviour | undefined } => {
    const found = workflowNamed(workflow).tasks.find(({ id }) => id === taskId);
    if (!found) throw new RangeError(`${workflow} has no task ${taskId}`);
    return found;
  };
  return {
    behaviourOf: ({ executionId, taskId, idempotencyKey }) => {
      const head = store.get({ pk: `T#acme#X#${executionId}`, sk: 'EXEC' });
      const { work, compensation } = find((head?.['workflow'] as { name: string }).name, taskId);
      return idempotencyKey.endsWith('/compensation') ? (compensation ?? work) : work;
    },
    isDenied: (workflow, taskId) => find(workflow, taskId).work.kind === 'denied',
  };
}
