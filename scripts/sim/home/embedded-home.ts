/**
 * The embedded home: one process with the real queue and the real interpreter in virtual time. When it dies, or was told to stop, it is started again on the same
 * table and blobs, and resumes what it finds there.
 */
import { LocalTaskQueue } from '../../../shared/embedded/pace/local-task-queue.ts';
import { WorkGate } from '../../../shared/embedded/pace/work-gate.ts';
import { dispatchTask } from '../../../shared/execution/dispatch/dispatch-task.ts';
import { resumeRuns } from '../../../shared/execution/dispatch/resume-runs.ts';
import { sweepExecutions } from '../../../shared/execution/dispatch/sweep-executions.ts';
import { integrateLog } from '../../../shared/log/integrate-log.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import type { TaskMessage, TaskQueue } from '../../../shared/port/task-queue.ts';
import { LocalPhases } from '../../../statemachines/interpreter/local-phases.ts';
import { hear, type Heard, type Home, type HomeRules } from './home.ts';
import { clockOf, loggerOf, processDeps } from '../port/process-deps.ts';
import { SimulatedProcess } from '../world/simulated-process.ts';
import { TablePort } from '../port/table-port.ts';
import type { World } from '../world/world.ts';

const sweepMs = 60_000;
/** Seldomer than in a home, so that worlds are about runs. */
const integrateMs = 20_000;

/** Longer than any attempt, once nothing goes wrong any more. */
const stopPatienceMs = 10 * 60_000;

interface OpenHome {
  process: SimulatedProcess;
  deps: Deps;
  queue: LocalTaskQueue;
  phases: LocalPhases;
}

/** Pacing is about bursts of real time; here every job goes at once, and the seed decides who is first. */
class OpenGate extends WorkGate {
  override async background<T>(_run: string, work: () => Promise<T>): Promise<T> {
    return work();
  }

  override async turn(): Promise<void> {
    // Nobody holds back.
  }
}

export class EmbeddedHome implements Home {
  readonly #world: World;
  readonly #rules: HomeRules;
  #open: OpenHome | undefined;
  #boots = 0;

  constructor(world: World, rules: HomeRules) {
    this.#world = world;
    this.#rules = rules;
    world.stopHome = () => this.#stop();
    this.#boot();
  }

  async ask<T>(work: (deps: Deps) => Promise<T>): Promise<Heard<T>> {
    const open = this.#open;
    if (open === undefined) return { kind: 'nothing' };
    return hear(open.process, work(open.deps));
  }

  #boot(): void {
    const world = this.#world;
    this.#boots += 1;
    const process = new SimulatedProcess(world, `home-${this.#boots}`);
    const again = (): void => {
      this.#open = undefined;
      world.scheduler.after(100 + world.random.next() * 20_000, () => this.#boot());
    };
    process.onDeath(again);
    const queue = new LocalTaskQueue({
      width: world.scenario.width,
      clock: clockOf(process),
      logger: loggerOf(process),
      metrics: { count: () => undefined },
    });
    const phases: LocalPhases = new LocalPhases(() => deps, new OpenGate(), world.scenario.maxOpenRuns);
    const parts = {
      ...this.#rules,
      table: new TablePort(process),
      blobs: this.#rules.lendBlobs(process),
      queue: faultyQueue(process, queue),
      phases,
    };
    const plain = processDeps(process, parts);
    const deps: Deps = this.#rules.plant.process?.(plain, process) ?? plain;
    queue.consume((message) => dispatchTask(deps, message));
    resumeRuns(deps, (run) => phases.resume(run)).then(
      (resumeLeft) => {
        process.tell(() => 'is open');
        this.#open = { process, deps, queue, phases };
        this.#sweepLater(process, deps, resumeLeft);
        this.#integrateLater(process, deps);
      },
      (error: unknown) => {
        process.tell(() => `cannot open: ${String(error)}`);
        world.note('a home could not open');
        process.kill('while it opened');
      },
    );
  }

  /** Closes the home as its own `close` does; a request that is under way may still be answered. One that is just starting hears no signal. */
  #stop(): void {
    if (this.#open === undefined) return;
    const world = this.#world;
    const { process, queue, phases } = this.#open;
    this.#open = undefined;
    world.note('home told to stop');
    process.tell(() => 'is told to stop');
    const end = (): void => {
      if (process.isAlive) world.note('home stopped by itself');
      process.kill('at its end');
    };
    queue
      .close()
      .then(() => phases.close())
      .then(end, (error: unknown) => world.violate('a home that is told to stop stops', String(error)));
    world.scheduler.after(Math.max(world.scenario.faultsEndMs - world.now, 0) + stopPatienceMs, () => {
      if (process.isAlive) world.violate('a home that is told to stop stops', `${process.name} is still there`);
    });
  }

  #integrateLater(process: SimulatedProcess, deps: Deps): void {
    void process.sleep(integrateMs).then(() => {
      if (this.#open?.process !== process) return;
      // The next one begins while this one may still be at work: in one process it cannot, but a log must not mind.
      this.#integrateLater(process, deps);
      integrateLog(deps).catch((error: unknown) => deps.logger.error('the log could not be appended to', { error }));
    });
  }

  #sweepLater(process: SimulatedProcess, deps: Deps, resumeLeft: () => Promise<void>): void {
    void process.sleep(sweepMs).then(() => {
      if (this.#open?.process !== process) return;
      this.#sweepLater(process, deps, resumeLeft);
      resumeLeft()
        .then(() => sweepExecutions(this.#rules.plant.sweep?.(deps) ?? deps))
        .catch((error: unknown) => deps.logger.error('a sweep failed', { error }));
    });
  }
}

/** The queue of the process, where messages get lost, doubled and late. */
function faultyQueue(process: SimulatedProcess, queue: LocalTaskQueue): TaskQueue {
  const { world } = process;
  const send = async (message: TaskMessage, delayMs: number): Promise<void> => {
    if (world.strikes('dropMessage')) return world.note('message dropped');
    const lateMs = world.strikes('doubleMessage') ? world.random.next() * 5_000 : 0;
    if (lateMs > 0) world.note('message late');
    await queue.send([message], delayMs + lateMs);
    if (!world.strikes('doubleMessage')) return;
    world.note('message doubled');
    await queue.send([message], delayMs + world.random.next() * 10_000);
  };
  return {
    send: async (messages, delayMs = 0) => {
      for (const message of messages) await send(message, delayMs);
    },
    reserve: (slots) => queue.reserve(slots),
    inSlot: (work) => queue.inSlot(work),
    closing: queue.closing,
  };
}
