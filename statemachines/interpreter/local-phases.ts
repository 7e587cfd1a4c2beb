/**
 * The phases port of one machine: runs statemachines/run.asl.json with an interpreter library. Before a state runs, its name and input are
 * journaled; after a crash the machine starts again there. Every handler is idempotent, so running a state twice is harmless.
 */
import { readFileSync } from 'node:fs';
import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { z } from 'zod';
import { executionPk } from '../../shared/execution/execution-record.ts';
import { awaitRun } from '../../shared/execution/phases/await-run.ts';
import { compensateRun } from '../../shared/execution/phases/compensate-run.ts';
import { dispatchRun } from '../../shared/execution/phases/dispatch-run.ts';
import { recordRun } from '../../shared/execution/phases/record-run.ts';
import { sealRun } from '../../shared/execution/phases/seal-run.ts';
import type { WorkGate } from '../../shared/embedded/pace/work-gate.ts';
import type { Deps } from '../../shared/port/deps.ts';
import type { PhaseInput, Phases } from '../../shared/port/phases.ts';

/** The states that this machine has handlers for: every Task state of the definition, and no other. */
export const stateNames = ['Dispatch', 'AwaitRun', 'Compensate', 'Seal', 'Record'] as const;
const StateName = z.enum(stateNames);
type StateName = z.infer<typeof StateName>;

const Journal = z.object({ state: StateName });

/**
 * While so many are supervised, further runs get their supervision when their tasks end: an interpreter that only waits costs some 10 KB,
 * and a burst of starts has better things to do. A sweep finds the runs whose end nobody announced.
 */
const maxEarlySupervisions = 256;

/** Open runs cost some 20 KB each, and the home's heap is limited to 512 MB (cli/bin/host-flags.mjs). */
export const defaultMaxOpenRuns = 20_000;

/** Pauses before a supervision that failed starts again at its journaled state; the causes are full disks and bugs, not tasks. */
const restartPauseMs = 5_000;

export class LocalPhases implements Phases {
  readonly #deps: () => Deps;
  readonly #gate: WorkGate;
  readonly #maxOpenRuns: number;
  readonly #machines = new Map<StateName, StateMachine>();
  readonly #supervised = new Map<string, Promise<void>>();
  readonly #waiters = new Map<string, () => void>();
  /** Runs whose supervision has not begun; their tasks run meanwhile. */
  readonly #backlog = new Map<string, PhaseInput>();
  readonly #aborts = new Set<() => void>();
  readonly #stop = new AbortController();

  /** `deps` is called late, because the deps hold these phases. */
  constructor(deps: () => Deps, gate: WorkGate, maxOpenRuns = defaultMaxOpenRuns) {
    this.#maxOpenRuns = maxOpenRuns;
    this.#deps = deps;
    this.#gate = gate;
    const definition = readDefinition();
    // The definition is validated once by a test; validating costs 100 ms a machine.
    for (const name of stateNames)
      this.#machines.set(name, new StateMachine({ ...definition, StartAt: name }, { validationOptions: { noValidate: true } }));
  }

  isFull(): boolean {
    return this.active >= this.#maxOpenRuns;
  }

  async start(input: PhaseInput): Promise<void> {
    if (this.#supervised.size < maxEarlySupervisions) this.#supervise(input, 'Dispatch');
    else this.#backlog.set(input.executionId, input);
  }

  async finishRun(input: PhaseInput): Promise<void> {
    if (this.#backlog.delete(input.executionId)) this.#supervise(input, 'Dispatch');
    else this.#waiters.get(input.executionId)?.();
  }

  /** Goes on where the journal says; for runs found open after a restart. */
  async resume(input: PhaseInput): Promise<void> {
    this.#supervise(input, await this.#journaled(input));
  }

  /** Runs under supervision or waiting for it. */
  get active(): number {
    return this.#supervised.size + this.#backlog.size;
  }

  /** Stops at the next state; what was journaled goes on after a restart. */
  async close(): Promise<void> {
    this.#stop.abort();
    for (const wake of this.#waiters.values()) wake();
    // Without this, a state that is between two retries would hold the close for minutes.
    for (const abort of this.#aborts) abort();
    await Promise.allSettled(this.#supervised.values());
  }

  #supervise(input: PhaseInput, from: StateName): void {
    if (this.#supervised.has(input.executionId) || this.#stop.signal.aborted) return;
    const supervision = this.#run(input, from).finally(() => this.#supervised.delete(input.executionId));
    this.#supervised.set(input.executionId, supervision);
  }

  async #run(input: PhaseInput, from: StateName): Promise<void> {
    let state = from;
    while (!this.#stop.signal.aborted) {
      try {
        await this.#runMachine(input, state);
        return;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#deps().logger.error('the supervision of a run failed; it starts again', { executionId: input.executionId, error });
        await this.#deps()
          .clock.sleep(restartPauseMs, this.#stop.signal)
          .catch(() => undefined);
        state = await this.#journaled(input).catch(() => state);
      }
    }
  }

  async #runMachine(input: PhaseInput, from: StateName): Promise<void> {
    const machine = this.#machines.get(from);
    const handlers = Object.fromEntries(stateNames.map((name) => [name, async () => this.#runState(name, input, name !== from)]));
    const context = { Task: { Token: 'local' } };
    const run = machine?.run({ ...input }, { overrides: { taskResourceLocalHandlers: handlers }, context });
    if (!run) return;
    const abort = (): void => run.abort();
    this.#aborts.add(abort);
    try {
      await run.result;
    } finally {
      this.#aborts.delete(abort);
    }
  }

  /** Runs one state; its output has the form that Step Functions gets, from a task token or around what a Lambda answers. */
  async #runState(
    name: StateName,
    input: PhaseInput,
    isNew: boolean,
  ): Promise<{ outcome: string } | { Payload: { isSealed: boolean } | null }> {
    this.#stop.signal.throwIfAborted();
    const deps = this.#deps();
    if (name === 'AwaitRun') return { outcome: await this.#awaitRun(deps, input) };
    const answer = await this.#gate.background(async () => {
      this.#stop.signal.throwIfAborted();
      if (isNew) await this.#journal(input, name);
      return handlers[name](deps, input);
    });
    return { Payload: answer ?? null };
  }

  /**
   * Waits for the last completion to call finishRun; looks once after it began to wait, so that an earlier call is not missed. Not journaled:
   * starting again at Dispatch comes here too and costs one read.
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

  async #journal({ tenant, executionId }: PhaseInput, state: StateName): Promise<void> {
    const deps = this.#deps();
    await deps.table.write([
      { kind: 'put', item: { pk: executionPk(tenant, executionId), sk: 'PHASE', state, input: { tenant, executionId } } },
    ]);
    await deps.faults.hit('phase:after-journal');
  }

  async #journaled({ tenant, executionId }: PhaseInput): Promise<StateName> {
    const item = await this.#deps().table.get({ pk: executionPk(tenant, executionId), sk: 'PHASE' });
    return item ? Journal.parse(item).state : 'Dispatch';
  }
}

const handlers = { Dispatch: dispatchRun, Compensate: compensateRun, Seal: sealRun, Record: recordRun } as const;

function readDefinition(): StateMachineDefinition {
  const text = readFileSync(new URL('../run.asl.json', import.meta.url), 'utf8');
  return JSON.parse(text) as StateMachineDefinition; // Our own file; tests validate it.
}
