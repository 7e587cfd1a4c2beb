/** What runs of one plan begin with: a real plan of real packages. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newTasks } from '../../../shared/execution/admit/new-tasks.ts';
import { prepareRun } from '../../../shared/execution/admit/prepare-run.ts';
import type { Plan } from '../../../shared/plan/plan.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';

const manifest = `name: pair
version: 1.0.0
tasks:
  - { id: first, uses: 'pkg:demo/echo@1.0.0' }
  - { id: second, uses: 'pkg:demo/echo@1.0.0', needs: [first] }
`;

let engine: Engine;
let plan: Plan;
beforeEach(async () => {
  engine = await openEngine();
  await engine.publish(manifest);
  ({ plan } = await prepareRun(engine.home.deps, engine.actor, { workflow: 'pair' }));
});
afterEach(() => engine.close());

const statesOf = (tasks: readonly { state: string }[]): string[] => tasks.map(({ state }) => state);

describe('the tasks of a new run', () => {
  test('are made once for runs of a plan that begin in the same millisecond, and anew for later ones', () => {
    const now = 1_000;
    const [one, other, later] = [newTasks({ plan, now }), newTasks({ plan, now }), newTasks({ plan, now: now + 1 })];
    expect(other).toBe(one);
    expect(later).not.toBe(one);
    expect(later.records.map(({ readyAt, notBefore }) => [readyAt, notBefore])).toEqual([
      [1_001, 1_001],
      [1_001, 1_001],
    ]);
    expect(newTasks({ plan: { ...plan }, now: now + 1 })).not.toBe(later);
  });

  test('are claimed beside those that are not', () => {
    const tasks = newTasks({ plan, now: 1_000 });
    const { claimed } = tasks;
    expect(statesOf(claimed.records)).toEqual(['running', 'blocked']);
    expect(claimed.records).toMatchObject([{ attempt: 1, attempts: [{ attempt: 1 }] }, { attempt: 0 }]);
    expect([statesOf(tasks.records), statesOf(tasks.ready)]).toEqual([['ready', 'blocked'], ['ready']]);
    expect(tasks.claimed).toBe(claimed);
  });

  test('of a run that comes from another are its own: what was reused is done, and what waited for it is ready', () => {
    const id = 'exec_01K00000000000000000000000' as const;
    const outputs = { digest: plan.workflow.digest, sizeBytes: 2, sealed: 'AA' };
    const claim = (): never => {
      throw new Error('nothing is written here');
    };
    const origin = { action: 'retry', id, reason: 'again', reused: new Map([['first', { outputs, ranIn: id }]]), claim } as const;
    const now = 1_000;
    expect(statesOf(newTasks({ plan, now, origin }).records)).toEqual(['succeeded', 'ready']);
    expect(statesOf(newTasks({ plan, now }).records)).toEqual(['ready', 'blocked']);
  });
});
