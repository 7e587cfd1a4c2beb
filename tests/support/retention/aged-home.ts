/** A home whose runs grow old when a test says so: purges see a later time than the runs were made in. */
import type { Clock } from '../../../shared/port/clock.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import { noFaults, type FaultPoint } from '../../../shared/port/faults.ts';
import { trustClock } from '../../../shared/retention/home-clock.ts';
import { purgeTenant, type Round } from '../../../shared/retention/purge/purge-tenant.ts';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import type { Actor } from '../../../shared/tenant/actor.ts';
import type { Execution } from '../../../shared/execution/execution.ts';
import { openEngine, type Engine } from '../open-engine.ts';

const dayMs = 24 * 3_600_000;

/** Larger than what stands inside of an item, so it is a blob. */
export const large = 'x'.repeat(8_000);

const twoSteps = `name: aged
version: 1.0.0
inputs: { word: { type: string } }
tasks:
  - { id: first, uses: 'pkg:demo/echo@1.0.0', with: { word: '\${{ inputs.word }}' } }
  - { id: second, uses: 'pkg:demo/echo@1.0.0', with: { word: 'short' }, needs: [first] }
outputs: { word: '\${{ tasks.first.outputs.word }}' }
`;

export interface AgedHome extends Engine {
  /** The ports of the home as they are this many days later; faults are those of the test. */
  later(days: number, hit?: (point: FaultPoint) => void | Promise<void>): Deps;
  /** The same, after the word that the clock is right. */
  trustedLater(days: number): Promise<Deps>;
  /** A round of retention, this many days later; the clock is said to be right then. */
  purge(days: number): Promise<Round>;
  /** A run that ended, with a log, and inputs and outputs that are blobs. */
  run(word?: string): Promise<Execution>;
}

function clockAt(clock: Clock, days: number): Clock {
  return { now: () => clock.now() + days * dayMs, elapsedMs: () => clock.elapsedMs(), sleep: async () => undefined };
}

/** Opens it with the workflow of two steps, whose tasks print a line. */
export async function openAgedHome(): Promise<AgedHome> {
  const engine = await openEngine();
  engine.simulate((spec) => ({ ...simulateEcho(spec), log: [{ at: Date.now(), stream: 'stdout', text: `hello of ${spec.taskId}` }] }));
  await engine.publish(twoSteps);
  const later: AgedHome['later'] = (days, hit) => {
    const { deps } = engine.home;
    return { ...deps, clock: clockAt(deps.clock, days), faults: hit ? { hit } : noFaults };
  };
  const owner: Actor = { ...engine.actor, tenant: engine.home.deps.config.ownerTenant, roles: ['admin'] };
  const trustedLater: AgedHome['trustedLater'] = async (days) => {
    await trustClock(later(days), owner, 'a test moved it');
    return later(days);
  };
  return {
    ...engine,
    later,
    trustedLater,
    purge: async (days) => purgeTenant(await trustedLater(days), engine.actor.tenant),
    run: async (word = large) => {
      const ended = await engine.finish((await engine.start({ workflow: 'aged', inputs: { word } })).id);
      await recorded(engine);
      return ended;
    },
  };
}

/** A run is purged only when it is recorded, which follows its seal at once. */
async function recorded({ home }: Engine): Promise<void> {
  while (home.pending() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
