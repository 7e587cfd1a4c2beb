/**
 * The home on AWS: every request, message, phase and sweep is an invocation in a container that may die alone. Queue and supervisor are services that do not die; the
 * supervisor runs the real state machine, and what it gave up is redriven by an operator, as the runbook says.
 */
import type { Deps } from '../../../shared/port/deps.ts';
import { integrateLog } from '../../../shared/log/integrate-log.ts';
import { sweepExecutions } from '../../../shared/execution/dispatch/sweep-executions.ts';
import { hear, type Heard, type Home, type HomeRules } from './home.ts';
import { processDeps } from '../port/process-deps.ts';
import type { Invoke } from './invoke.ts';
import { QueueService } from './queue-service.ts';
import { SimulatedProcess } from '../world/simulated-process.ts';
import { SupervisorService } from './supervisor-service.ts';
import { TablePort } from '../port/table-port.ts';
import type { World } from '../world/world.ts';

const sweepMs = 60_000;
/** Oftener than on AWS, so that every world has some. */
const integrateMs = 20_000;

interface Container {
  process: SimulatedProcess;
  deps: Deps;
}

export class ServerlessHome implements Home {
  readonly #world: World;
  readonly #rules: HomeRules;
  readonly #queue: QueueService;
  readonly #supervisor: SupervisorService;
  /** Warm containers that do nothing right now. */
  readonly #idle: Container[] = [];
  #made = 0;

  constructor(world: World, rules: HomeRules) {
    this.#world = world;
    this.#rules = rules;
    const invoke: Invoke = (name, timeoutMs, work) => this.#invoke(name, timeoutMs, work);
    this.#queue = new QueueService(world, invoke);
    this.#supervisor = new SupervisorService(world, invoke);
    this.#sweepLater();
    this.#integrateLater();
  }

  async ask<T>(work: (deps: Deps) => Promise<T>): Promise<Heard<T>> {
    return this.#run('api', 29_000, work);
  }

  async #invoke<T>(name: string, timeoutMs: number, work: (deps: Deps) => Promise<T>): Promise<T> {
    const heard = await this.#run(name, timeoutMs, work);
    if (heard.kind === 'answer') return heard.value;
    if (heard.kind === 'error') throw heard.error;
    throw new Error(`simulated: the invocation of ${name} ended without an answer`);
  }

  async #run<T>(name: string, timeoutMs: number, work: (deps: Deps) => Promise<T>): Promise<Heard<T>> {
    const container = this.#idle.pop() ?? this.#start();
    const { process, deps } = container;
    process.tell(() => `runs ${name}`);
    const timeout = this.#world.scheduler.after(timeoutMs, () => process.kill(`after ${timeoutMs} ms of ${name}`));
    const heard = await hear(process, work(deps));
    timeout.cancel();
    // Between two invocations a container is frozen: what it had not awaited may go on with the next one, or never.
    if (process.isAlive) this.#idle.push(container);
    return heard;
  }

  #start(): Container {
    this.#made += 1;
    const process = new SimulatedProcess(this.#world, `lambda-${this.#made}`);
    const parts = {
      ...this.#rules,
      table: new TablePort(process),
      blobs: this.#rules.lendBlobs(process),
      queue: this.#queue.portOf(process),
      phases: this.#supervisor.portOf(process),
    };
    const deps = processDeps(process, parts);
    return { process, deps: this.#rules.plant.process?.(deps, process) ?? deps };
  }

  #integrateLater(): void {
    this.#world.scheduler.after(integrateMs, () => {
      this.#integrateLater();
      const integrate = (deps: Deps): Promise<unknown> => integrateLog(deps);
      this.#invoke('integrate', 5 * 60_000, integrate).catch((error: unknown) => this.#world.tell('schedule', () => String(error)));
    });
  }

  #sweepLater(): void {
    this.#world.scheduler.after(sweepMs, () => {
      this.#sweepLater();
      const sweep = (deps: Deps): Promise<unknown> => sweepExecutions(this.#rules.plant.sweep?.(deps) ?? deps);
      this.#invoke('sweep', 5 * 60_000, sweep).catch((error: unknown) => this.#world.tell('schedule', () => String(error)));
    });
  }
}
