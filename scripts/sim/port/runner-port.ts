/** The runner port: attempts take virtual time, end as the model of their task says, and are written down as the outside world saw them. */
import { McError } from '../../../shared/core/errors.ts';
import type { Runner, Sandbox, TaskFailure, TaskResult, TaskSpec } from '../../../shared/port/runner.ts';
import type { SimulatedProcess } from '../world/simulated-process.ts';
import { textOf, type Behaviour } from '../world/workflow-model.ts';
import type { Effect } from '../world/world.ts';

/** How this task, or its compensation, behaves. */
export type FindBehaviour = (spec: Pick<TaskSpec, 'executionId' | 'taskId' | 'idempotencyKey'>) => Behaviour;

export function runnerPort(process: SimulatedProcess, behaviourOf: FindBehaviour): Runner {
  return {
    level: async () => 'simulated',
    provision: (spec) =>
      process.step({ name: 'provision', isWrite: false, refusals: [] }, () => {
        const behaviour = behaviourOf(spec);
        const kind = triesOf(process, spec) < behaviour.times ? behaviour.kind : 'good';
        if (kind === 'no-sandbox') {
          begin(process, spec).ended = 'failed';
          throw new McError('mc:runner:refused', 'simulated: no sandbox');
        }
        return sandbox(process, spec, { ...behaviour, kind });
      }),
  };
}

/** How often something was tried under this key. */
function triesOf({ world }: SimulatedProcess, { idempotencyKey }: TaskSpec): number {
  return world.effects.filter(({ key }) => key === idempotencyKey).length;
}

function begin({ world }: SimulatedProcess, { idempotencyKey, attempt, limits }: TaskSpec): Effect {
  const effect: Effect = { key: idempotencyKey, attempt, beganAt: world.now, limitMs: limits.timeoutMs, ended: undefined };
  world.effects.push(effect);
  return effect;
}

function sandbox(process: SimulatedProcess, spec: TaskSpec, behaviour: Behaviour): Sandbox {
  const { world } = process;
  const { kind } = behaviour;
  const wallMs =
    kind === 'timeout' ? spec.limits.timeoutMs : Math.round(world.random.next() * Math.min(behaviour.workMs, spec.limits.timeoutMs));
  return {
    level: 'simulated',
    execute: async (signal): Promise<TaskResult> => {
      const effect = begin(process, spec);
      process.tell(() => `${spec.idempotencyKey} attempt ${spec.attempt} BEGINS (${kind}, ${wallMs} ms)`);
      if (wallMs > 0) await process.sleep(wallMs, signal).catch(() => undefined); // The signal is asked below.
      if (kind === 'kills-home') {
        world.note('killed by a task');
        process.kill('by a task');
        return new Promise(() => undefined);
      }
      const isCancelled = signal.aborted;
      effect.ended = kind === 'good' && !isCancelled ? 'succeeded' : 'failed';
      process.tell(() => `${spec.idempotencyKey} attempt ${spec.attempt} ends: ${isCancelled ? 'cancelled' : kind}`);
      if (isCancelled) return failed('cancelled', false, wallMs);
      return resultOf(spec, behaviour, wallMs);
    },
    collectEgress: async () => null,
    collectLogs: async () => (world.random.chance(0.2) ? [{ at: world.wallTime, stream: 'stdout', text: 'simulated' }] : []),
    release: async () => undefined,
  };
}

function resultOf(spec: TaskSpec, behaviour: Behaviour, wallMs: number): TaskResult {
  switch (behaviour.kind) {
    case 'good':
    case 'no-sandbox':
    case 'kills-home':
      return { kind: 'succeeded', outputs: { text: textOf(spec.taskId, behaviour, spec.inputs) }, usage: { wallMs } };
    case 'error':
      return failed('error', true, wallMs);
    case 'timeout':
      return failed('timeout', true, wallMs);
    case 'fatal':
    case 'denied':
      return failed('error', false, wallMs);
    case 'bad-output':
      return { kind: 'succeeded', outputs: { text: 5 }, usage: { wallMs } };
    case 'bug':
      throw new TypeError('simulated: a bug of the runner');
  }
}

function failed(failure: TaskFailure, retryable: boolean, wallMs: number): TaskResult {
  return { kind: 'failed', failure, message: `simulated ${failure}`, retryable, usage: { wallMs } };
}
