import type { Runner, Sandbox, TaskResult } from '../../port/runner.ts';
import { OuterSandbox } from '../outer-sandbox.ts';
import type { WorkGate } from './work-gate.ts';

/** The same runner, whose results wait for their turn: what follows a result (storing, the next task) must not delay the start of another run. */
export function yieldingRunner(runner: Runner, gate: WorkGate): Runner {
  return {
    level: () => runner.level(),
    provision: async (spec) => new YieldingSandbox(await runner.provision(spec), gate, spec.executionId),
  };
}

class YieldingSandbox extends OuterSandbox {
  readonly #gate: WorkGate;
  readonly #run: string;

  constructor(inner: Sandbox, gate: WorkGate, run: string) {
    super(inner);
    this.#gate = gate;
    this.#run = run;
  }

  override execute(signal: AbortSignal): Promise<TaskResult> {
    return this.inner.execute(signal).then((result) => this.#gate.turn(this.#run, result));
  }
}
