/**
 * The phases port of one machine: runs statemachines/run.asl.json with an interpreter library. The rows of the run are its journal: every handler is idempotent
 * and does nothing that they say is done, so after a crash the machine begins at its start and comes to where it was.
 *
 * A run that was started here needs no interpreter until its tasks have ended: they were dispatched by its admission, and this process is told of their end. One
 * whose tasks succeeded needs none at all while nothing fails: it goes straight through the states that are left. The interpreter takes over any other, in the
 * state that it is in.
 */
import { StateMachine } from 'aws-local-stepfunctions';
import { awaitRun } from '../../shared/execution/phases/await-run.ts';
import { compensateRun, type CompensationRound } from '../../shared/execution/phases/compensate-run.ts';
import { dispatchRun } from '../../shared/execution/phases/dispatch-run.ts';
import { recordRun } from '../../shared/execution/phases/record-run.ts';
import { sealRun } from '../../shared/execution/phases/seal-run.ts';
import { findExecution } from '../../shared/execution/execution-store.ts';
import { isMendedByRetries } from '../../shared/core/errors.ts';
import type { WorkGate } from '../../shared/embedded/pace/work-gate.ts';
import type { Deps } from '../../shared/port/deps.ts';
import type { PhaseInput, Phases, TasksEnd } from '../../shared/port/phases.ts';
import { readDefinition } from './read-definition.ts';

/** The states that this machine has handlers for: every Task state of the definition, and no other. */
export const stateNames = ['Dispatch', 'AwaitRun', 'Compensate', 'Seal', 'Record'] as const;
type StateName = (typeof stateNames)[number];

/** Where a run goes on whose tasks have ended so; a test holds this against the choice in the definition, which then need not be interpreted for every run. */
export const stateAfterTasks = { open: 'Seal', failed: 'Compensate', cancelled: 'Compensate' } as const satisfies Record<
  TasksEnd['outcome'],
  StateName
>;

/** What is left for a run whose tasks succeeded, when each state succeeds at once and the seal leaves nothing to undo; the same test holds it against the definition. */
export const plainWalk = ['Seal', 'Record'] as const satisfies readonly StateName[];
/** Where a run goes on that its seal leaves open; the same test. */
export const stateWhenUnsealed = 'Compensate' satisfies StateName;

/** What a phase answers the machine. */
type PhaseAnswer = { isSealed: boolean } | CompensationRound;

type FirstState = 'Dispatch' | (typeof plainWalk)[number] | typeof stateWhenUnsealed;

/** Of the runs that may be open: a burst that the home has room for stays below. */
const fillingShare = 0.9;

/** Pauses before a supervision that failed starts again; the causes are full disks and bugs, not tasks. */
const restartPauseMs = 5_000;

export class LocalPhases implements Phases {
  readonly #deps: () => Deps;
  readonly #gate: WorkGate;
  readonly #maxOpenRuns: number;
  readonly #machines: Readonly<Record<FirstState, StateMachine>>;
  readonly #supervised = new Map<string, Promise<void>>();
  readonly #waiters = new Map<string, () => void>();
  /** Runs whose tasks have not ended yet. */
  readonly #unfinished = new Map<string, PhaseInput>();
  readonly #aborts = new Set<() => void>();
  /** Runs of which the log tells already that they fail; each try would tell it again. */
  readonly #told = new Set<string>();
  readonly #stop = new AbortController();

  /** `deps` is called late, because the deps hold these phases; `maxOpenRuns` are open at once before they are full. */
  constructor(deps: () => Deps, gate: WorkGate, maxOpenRuns: number) {
    this.#maxOpenRuns = maxOpenRuns;
    this.#deps = deps;
    this.#gate = gate;
    this.#machines = readMachines();
  }

  isFull(): boolean {
    return this.active >= this.#maxOpenRuns;
  }

  /** Whether so many are open that further ones had better wait for some to end. */
  get isFilling(): boolean {
    return this.active >= fillingShare * this.#maxOpenRuns;
  }

  async start(input: PhaseInput, { isNew } = { isNew: false }): Promise<void> {
    this.#gate.noteStart();
    const { tenant, executionId } = input;
    // Among the unfinished it would be looked for there when its tasks end, and whoever waits for them would never be woken.
    if (this.#supervised.has(executionId) || this.#unfinished.has(executionId)) return;
    this.#unfinished.set(executionId, input);
    if (isNew) return;
    const head = await findExecution(this.#deps(), tenant, executionId).catch((error: unknown) => {
      // Nobody knows whether it is over, and then nothing would ever take it away from here; the next sweep asks again.
      this.#unfinished.delete(executionId);
      throw error;
    });
    // A sweep may ask for a run that was sealed since it listed it, and nobody announces its end again.
    if ((head === undefined || head.receiptId !== null) && this.#unfinished.delete(executionId) && head) this.#supervise(input, 'Dispatch');
  }

  async finishRun(input: PhaseInput, { outcome }: TasksEnd): Promise<void> {
    if (this.#unfinished.delete(input.executionId)) this.#supervise(input, stateAfterTasks[outcome]);
    else this.#waiters.get(input.executionId)?.();
  }

  /** Supervises at once, for runs found open after a restart: nobody announces the end of one whose tasks are over. */
  async resume(input: PhaseInput): Promise<void> {
    this.#supervise(input, 'Dispatch');
  }

  /** Runs under supervision or waiting for it. */
  get active(): number {
    return this.#supervised.size + this.#unfinished.size;
  }

  /** Stops at the next state; a restart goes on from there. */
  async close(): Promise<void> {
    this.#stop.abort();
    for (const wake of this.#waiters.values()) wake();
    // Without this, a state that is between two retries would hold the close for minutes.
    for (const abort of this.#aborts) abort();
    await Promise.allSettled(this.#supervised.values());
  }

  #supervise(input: PhaseInput, from: FirstState): void {
    if (this.#supervised.has(input.executionId) || this.#stop.signal.aborted) return;
    const supervision = this.#run(input, from).finally(() => {
      this.#supervised.delete(input.executionId);
      this.#told.delete(input.executionId);
    });
    this.#supervised.set(input.executionId, supervision);
  }

  /** What failed is begun from the start, because the run may have changed since. */
  async #run(input: PhaseInput, from: FirstState): Promise<void> {
    for (let state: FirstState = from; !this.#stop.signal.aborted; state = 'Dispatch') {
      try {
        const rest = state === plainWalk[0] ? await this.#walk(input) : state;
        if (rest !== undefined) await this.#runMachine(input, rest);
        return;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#deps().logger.error('the supervision of a run failed; it starts again', { executionId: input.executionId, error });
        await this.#deps()
          .clock.sleep(restartPauseMs, this.#stop.signal)
          .catch(() => undefined);
      }
    }
  }

  /** Goes through the plain walk; answers where the interpreter has to go on, if anywhere. It begins with the state that failed, whose retries it knows. */
  async #walk(input: PhaseInput): Promise<FirstState | undefined> {
    for (const name of plainWalk) {
      try {
        const answer = await this.#work(name, input);
        if (name === 'Seal' && !(answer && 'isSealed' in answer && answer.isSealed)) return stateWhenUnsealed;
      } catch {
        this.#stop.signal.throwIfAborted();
        // The interpreter runs it again, and hears of it when that does not help either.
        return name;
      }
    }
    return undefined;
  }

  async #runMachine(input: PhaseInput, from: FirstState): Promise<void> {
    const handlers = Object.fromEntries(stateNames.map((name) => [name, async () => this.#runState(name, input)]));
    // The handlers know their run. The library copies what it passes on several times a state, so that is nothing.
    const run = this.#machines[from].run({}, { overrides: { taskResourceLocalHandlers: handlers } });
    const abort = (): void => run.abort();
    this.#aborts.add(abort);
    try {
      await run.result;
    } finally {
      this.#aborts.delete(abort);
    }
  }

  /** Runs one state; its output has the form that Step Functions gets, from a task token or around what a Lambda answers. */
  async #runState(name: StateName, input: PhaseInput): Promise<{ outcome: string } | { Payload: PhaseAnswer | null }> {
    this.#stop.signal.throwIfAborted();
    if (name === 'AwaitRun') return { outcome: await this.#awaitRun(this.#deps(), input) };
    return { Payload: (await this.#work(name, input)) ?? null };
  }

  /** Does what a state of this name is there for, when it is the run's turn. */
  async #work(name: keyof typeof handlers, input: PhaseInput): Promise<PhaseAnswer | void> {
    const work = async (): Promise<PhaseAnswer | void> => {
      this.#stop.signal.throwIfAborted();
      try {
        return await handlers[name](this.#deps(), input);
      } catch (error) {
        this.#tell(name, input, error);
        throw error;
      }
    };
    // Recording follows a seal at once, and costs little more than another place in the queue would.
    if (name === 'Record') return work();
    // Undoing lasts as long as its attempts, whose results wait at the same gate: a place that it held would be one that they wait for.
    if (name === 'Compensate') return this.#gate.turn(input.executionId).then(work);
    return this.#gate.background(input.executionId, work);
  }

  /** The interpreter tries for a quarter of an hour before anybody hears of it; what no try mends is told at once, and once. */
  #tell(phase: string, { executionId }: PhaseInput, error: unknown): void {
    if (this.#stop.signal.aborted || isMendedByRetries(error) || this.#told.has(executionId)) return;
    this.#told.add(executionId);
    this.#deps().logger.error('a phase of a run fails, and trying again may not mend it', { executionId, phase, error });
  }

  /**
   * Waits for the last completion to call finishRun; looks once after it began to wait, so that an earlier call is not missed.
   */
  async #awaitRun(deps: Deps, input: PhaseInput): Promise<string> {
    const finished = new Promise<void>((resolve) => this.#waiters.set(input.executionId, resolve));
    try {
      let end = await awaitRun(deps, input);
      while (!end.isFinished) {
        await finished;
        this.#stop.signal.throwIfAborted();
        end = await awaitRun(deps, input);
      }
      return end.outcome;
    } finally {
      this.#waiters.delete(input.executionId);
    }
  }
}

const handlers = { Dispatch: dispatchRun, Compensate: compensateRun, Seal: sealRun, Record: recordRun } as const;

/** A machine for each state that the interpreter begins in. */
function readMachines(): Record<FirstState, StateMachine> {
  const definition = readDefinition('run.asl.json');
  const from = (name: FirstState): StateMachine =>
    new StateMachine({ ...definition, StartAt: name }, { validationOptions: { noValidate: true } });
  return { Dispatch: from('Dispatch'), Compensate: from('Compensate'), Seal: from('Seal'), Record: from('Record') };
}
