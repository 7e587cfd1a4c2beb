/** Runs statemachines/key-rotation.asl.json on one machine. The row of the rotation is its journal: after a crash the machine begins at its start and comes to where it was. */
import { StateMachine } from 'aws-local-stepfunctions';
import type { Deps } from '../../shared/port/deps.ts';
import type { RotationInput, Rotations } from '../../shared/port/keys/rotations.ts';
import { rotationPhaseNames, runRotationPhase, type RotationPhaseName } from '../../shared/rotation/rotation-phases.ts';
import { readDefinition } from './read-definition.ts';

/**
 * What is left of the window, in milliseconds. The interpreter asks when it comes to wait; by itself it would go by the clock of the machine, and give its timer
 * a negative time for a window that is over.
 */
type Waits = Partial<Record<'Window', number>>;

export class LocalRotations implements Rotations {
  readonly #deps: () => Deps;
  readonly #running = new Map<string, { abort: () => void; ended: Promise<void> }>();
  #isClosed = false;

  /** `deps` is called late, because the deps hold these rotations. */
  constructor(deps: () => Deps) {
    this.#deps = deps;
  }

  async start(input: RotationInput): Promise<void> {
    if (this.#isClosed || this.#running.has(input.rotationId)) return;
    const waits: Waits = {};
    const handlers = Object.fromEntries(rotationPhaseNames.map((name) => [name, async () => this.#runPhase(name, input, waits)]));
    const machine = new StateMachine(readDefinition('key-rotation.asl.json'), { validationOptions: { noValidate: true } });
    const run = machine.run({ ...input }, { overrides: { taskResourceLocalHandlers: handlers, waitTimeOverrides: waits } });
    const ended = run.result.then(
      () => undefined,
      (error: unknown) => this.#tell(input, error),
    );
    this.#running.set(input.rotationId, { abort: () => run.abort(), ended: ended.finally(() => this.#running.delete(input.rotationId)) });
  }

  /** Stops before the next state, also one that waits; a restart goes on from there. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const running = [...this.#running.values()];
    for (const { abort } of running) abort();
    await Promise.all(running.map(({ ended }) => ended));
  }

  async #runPhase(
    name: RotationPhaseName,
    input: RotationInput,
    waits: Waits,
  ): Promise<{ Payload: Record<string, string | boolean | null> }> {
    if (this.#isClosed) throw new Error('the home is closing');
    const answer = await runRotationPhase(this.#deps(), name, input);
    if (answer.windowEndsAt !== null) waits.Window = Math.max(0, Date.parse(answer.windowEndsAt) - this.#deps().clock.now());
    return { Payload: { ...answer } };
  }

  #tell({ rotationId }: RotationInput, error: unknown): void {
    if (!this.#isClosed) this.#deps().logger.error('a rotation of keys stopped; it is tried again within the hour', { rotationId, error });
  }
}
