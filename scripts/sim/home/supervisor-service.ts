/** A supervisor like Step Functions: runs the real definition with the interpreter library, never dies, starts a name once, and gives up when its retries are used up. */
import { StateMachine } from 'aws-local-stepfunctions';
import { awaitRun } from '../../../shared/execution/phases/await-run.ts';
import { compensateRun, type CompensationRound } from '../../../shared/execution/phases/compensate-run.ts';
import { dispatchRun } from '../../../shared/execution/phases/dispatch-run.ts';
import { recordRun } from '../../../shared/execution/phases/record-run.ts';
import { sealRun } from '../../../shared/execution/phases/seal-run.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import { callMaxMs, type PhaseInput, type Phases, type TasksEnd } from '../../../shared/port/phases.ts';
import { stateNames } from '../../../statemachines/interpreter/local-phases.ts';
import { readDefinition } from '../../../statemachines/interpreter/read-definition.ts';
import type { Invoke } from './invoke.ts';
import { networkRefusals, type SimulatedProcess } from '../world/simulated-process.ts';
import type { World } from '../world/world.ts';

/** What a phase answers its state machine. */
type Answer = { isSealed: boolean } | CompensationRound;

type StateName = (typeof stateNames)[number];

/** How long functions may take (stacks/execution-stack.ts); the one that compensates runs tasks, so it has all that there is. */
const phaseMs = 60_000;

const phases = {
  Dispatch: dispatchRun,
  Compensate: (deps: Deps, input: PhaseInput) => compensateRun(deps, input, { maxMs: callMaxMs }),
  Seal: sealRun,
  Record: recordRun,
} as const;

/** How long it takes at most until somebody reads an alarm and redrives. */
const operatorMs = 30 * 60_000;

/** As Step Functions takes it: only what the definition says, and Lambda, ends a task. */
const definition = readDefinition('run.asl.json');
const machines = new Map(
  stateNames.map((name) => [name, new StateMachine({ ...definition, StartAt: name }, { validationOptions: { noValidate: true } })]),
);

export class SupervisorService {
  readonly #world: World;
  readonly #invoke: Invoke;
  readonly #known = new Set<string>();
  /** What waits for each token that was given out and not used. */
  readonly #tokens = new Map<string, (end: TasksEnd) => void>();
  #made = 0;

  constructor(world: World, invoke: Invoke) {
    this.#world = world;
    this.#invoke = invoke;
  }

  portOf(process: SimulatedProcess): Phases {
    const step = (name: string): { name: string; isWrite: true; refusals: typeof networkRefusals } => ({
      name,
      isWrite: true,
      refusals: networkRefusals,
    });
    return {
      start: (input) => process.step(step('start supervision'), () => this.#start(input)),
      finishRun: async (_input, end) => {
        if (end.token !== undefined) await process.step(step('finish run'), () => this.#finish(end));
      },
    };
  }

  #start(input: PhaseInput): void {
    if (this.#known.has(input.executionId)) return;
    this.#known.add(input.executionId);
    void this.#supervise(input, 'Dispatch');
  }

  #finish(end: TasksEnd): void {
    const wake = this.#tokens.get(end.token ?? '');
    this.#tokens.delete(end.token ?? '');
    wake?.(end);
  }

  async #supervise(input: PhaseInput, from: StateName): Promise<void> {
    const world = this.#world;
    let state = from;
    const handlers = Object.fromEntries(
      stateNames.map((name) => [
        name,
        async () => {
          state = name;
          return this.#runState(name, input);
        },
      ]),
    );
    try {
      await machines
        .get(from)
        ?.run({ ...input }, { overrides: { taskResourceLocalHandlers: handlers }, context: { Task: { Token: 'simulated' } } }).result;
    } catch (error) {
      world.tell('supervisor', () => `gives up ${input.executionId} in ${state}: ${String(error)}`);
      world.note('supervision redriven');
      world.scheduler.after(world.random.next() * operatorMs, () => void this.#supervise(input, state));
    }
  }

  async #runState(name: StateName, input: PhaseInput): Promise<{ outcome: string } | { Payload: Answer | null }> {
    if (name === 'AwaitRun') return this.#await(input);
    const phase: (deps: Deps, input: PhaseInput) => Promise<Answer | void> = phases[name];
    const call = (): Promise<Answer | void> =>
      this.#invoke(name, name === 'Compensate' ? callMaxMs : phaseMs, (deps) => phase(deps, input));
    // Lambda may run an invocation twice; only one of them is heard.
    if (this.#world.strikes('doubleMessage'))
      call().catch((error: unknown) => this.#world.tell('supervisor', () => `twin of ${name}: ${String(error)}`));
    return { Payload: (await call()) ?? null };
  }

  async #await(input: PhaseInput): Promise<{ outcome: string }> {
    this.#made += 1;
    const token = `token-${this.#made}`;
    const ended = new Promise<TasksEnd>((resolve) => this.#tokens.set(token, resolve));
    await this.#invoke('AwaitRun', phaseMs, (deps) => awaitRun(deps, input, token));
    const { outcome } = await ended;
    return { outcome };
  }
}
