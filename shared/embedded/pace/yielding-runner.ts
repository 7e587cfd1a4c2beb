import type { Runner, Sandbox } from '../../port/runner.ts';
import type { WorkGate } from './work-gate.ts';

/** The same runner, whose results wait for their turn: what follows a result (storing, the next task) must not delay the start of another run. */
export function yieldingRunner(runner: Runner, gate: WorkGate): Runner {
  return {
    level: () => runner.level(),
    provision: async (spec) => {
      const sandbox = await runner.provision(spec);
      const yielding: Sandbox = {
        level: sandbox.level,
        execute: async (signal) => {
          const result = await sandbox.execute(signal);
          await gate.turn(spec.executionId);
          return result;
        },
        collectEgress: () => sandbox.collectEgress(),
        collectLogs: () => sandbox.collectLogs(),
        release: () => sandbox.release(),
      };
      return yielding;
    },
  };
}
