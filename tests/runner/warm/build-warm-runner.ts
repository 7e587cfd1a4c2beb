import { setTimeout as delay } from 'node:timers/promises';
import type { SandboxRunner, SandboxRunnerOptions } from '../../../runner/sandbox/sandbox-runner.ts';
import type { WarmOptions } from '../../../runner/sandbox/warm/warm-pool.ts';
import { MemoryMetrics } from '../../../shared/embedded/memory-metrics.ts';
import { metricNames } from '../../../shared/port/metrics.ts';
import type { Runner } from '../../../shared/port/runner.ts';
import { buildSandboxRunner, type TestRunner } from '../../support/build-sandbox-runner.ts';
import { buildTaskSpec } from '../../support/build-task-spec.ts';

export interface WarmTestRunner extends TestRunner {
  /** The same runner, which waits for a spare before each attempt. */
  patient: Runner;
  starts: () => { cold: number; warm: number };
  /** Resolves when so many spares wait. */
  waitFor: (spares: number) => Promise<void>;
}

/** A runner with spares on a temporary folder of its own; they are started at any load of the machine, unless `warm` says otherwise. */
export function buildWarmRunner(options: Partial<SandboxRunnerOptions> = {}, warm: Partial<WarmOptions> = {}): WarmTestRunner {
  const metrics = new MemoryMetrics();
  const built = buildSandboxRunner({
    metrics,
    warm: { size: 1, first: buildTaskSpec().limits, hasRoom: () => true, ...warm },
    ...options,
  });
  const { runner } = built;
  const counted = (start: string): number => metrics.counted(metricNames.taskStartsTotal, { start });
  const waitFor = async (spares: number): Promise<void> => {
    await runner.level();
    while ((await runner.warmWaiting()) < spares) await delay(10);
  };
  return {
    ...built,
    patient: patientRunner(runner, waitFor),
    starts: () => ({ cold: counted('cold'), warm: counted('warm') }),
    waitFor,
    remove: async () => {
      await runner.close();
      await built.remove();
    },
  };
}

function patientRunner(runner: SandboxRunner, waitFor: WarmTestRunner['waitFor']): Runner {
  // One after the other, so that each waits for a spare of its own.
  let last: Promise<unknown> = Promise.resolve();
  return {
    level: () => runner.level(),
    provision: (spec) => {
      const mine = last.then(() => waitFor(1)).then(() => runner.provision(spec));
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}
