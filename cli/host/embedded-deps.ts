/** Builds every port of the embedded home on one data folder and starts its engine; the only place where adapters of this home are chosen. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import { installCatalog } from '../../catalog/install-catalog.ts';
import { bundledPacks } from '../../policy/catalog/bundled-packs.ts';
import { loadShippedPacks } from '../../policy/engine/load-shipped-packs.ts';
import { SandboxRunner, type SandboxDescription, type SandboxRunnerOptions } from '../../runner/sandbox/sandbox-runner.ts';
import { openDataFolder } from '../../shared/embedded/data-folder.ts';
import { lockFolder } from '../../shared/embedded/folder-lock.ts';
import { jsonLogger } from '../../shared/embedded/json-logger.ts';
import { LocalTaskQueue } from '../../shared/embedded/pace/local-task-queue.ts';
import { MemoryMetrics } from '../../shared/embedded/memory-metrics.ts';
import { RedactionThread } from '../../shared/embedded/redaction/redaction-thread.ts';
import { RunningAttempts } from '../../shared/embedded/running-attempts.ts';
import { ApplierThread } from '../../shared/embedded/sqlite/applier-thread.ts';
import { SqliteTable } from '../../shared/embedded/sqlite/sqlite-table.ts';
import { SigningThread } from '../../shared/embedded/keys/signing-thread.ts';
import { checkInPool } from '../../shared/embedded/keys/software-signer.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';
import { ulidIds } from '../../shared/embedded/ulid-ids.ts';
import { WorkGate } from '../../shared/embedded/pace/work-gate.ts';
import { dispatchTask } from '../../shared/execution/dispatch/dispatch-task.ts';
import { yieldingRunner } from '../../shared/embedded/pace/yielding-runner.ts';
import { resumeRuns } from '../../shared/execution/dispatch/resume-runs.ts';
import { sweepExecutions } from '../../shared/execution/dispatch/sweep-executions.ts';
import type { TenantId } from '../../shared/core/tenant-id.ts';
import { loadOwnPack } from '../../shared/policy-catalog/load-own-pack.ts';
import type { OwnPack } from '../../shared/port/policy-engine.ts';
import { classLimits } from '../../shared/core/class-limits.ts';
import { ResourceClass } from '../../shared/core/resource-class.ts';
import { printableJson } from '../../shared/core/text/printable.ts';
import { ensureOwnerTenant } from '../../shared/tenant-admin/ensure-owner-tenant.ts';
import type { Tenant } from '../../shared/tenant/tenant.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { noFaults, type Faults } from '../../shared/port/faults.ts';
import type { Key } from '../../shared/port/table.ts';
import type { Runner } from '../../shared/port/runner.ts';
import { LocalPhases } from '../../statemachines/interpreter/local-phases.ts';
import { maxOpenRunsOf } from '../../statemachines/interpreter/max-open-runs.ts';
import { LocalRotations } from '../../statemachines/interpreter/local-rotations.ts';
import { keepKeys } from './keys/key-keeper.ts';
import { keepLog } from './log-keeper.ts';
import { homeConfig, type DeclaredHome } from './home-config.ts';
import { openStores } from './keys/open-stores.ts';
import { keepRetention } from './retention-keeper.ts';

export interface EmbeddedHomeOptions extends DeclaredHome {
  dataDir: string;
  /** What executes tasks; default: the strongest sandbox of this machine. */
  runner?: Runner;
  /** Refuse to start unless that sandbox is at least so strong; without it, what the machine has is found at the first plan. */
  minimumSandbox?: NonNullable<SandboxRunnerOptions['minimumLevel']>;
  /** Sandboxes of tasks that are kept ready, 0 for none; default: as many as attempts at once, at most 8. */
  warmRunners?: number;
  /** Attempts at once; default: two a core for real sandboxes. */
  width?: number;
  /** Runs open at once before further ones are refused with 429; default: 20,000, and fewer with a heap below 512 MB. */
  maxOpenRuns?: number;
  /** Keys of so many days are rotated, 0 for never; default: 365. */
  maxKeyDays?: number | undefined;
  /** Only tests hit faults. */
  faults?: Faults;
  /** Where log lines go; default: standard error, warnings and errors only. */
  log?: (line: string) => void;
}

export interface EmbeddedHome {
  deps: Deps;
  metrics: MemoryMetrics;
  /** Told of every request, so that a burst of them goes before work that can wait. */
  gate: WorkGate;
  /** Attempts that run now. */
  running: RunningAttempts;
  /** What tasks run in; known when a minimum was asked for. */
  sandbox: SandboxDescription | undefined;
  /** Runs that are not yet recorded, messages that wait: what a bench waits for. */
  pending(): number;
  /** Stops handing out work, lets running attempts end, closes the files. */
  close(): Promise<void>;
}

/** Each takes some memory while it waits; more would be used only by bursts, which are limited by the processors anyway. */
const maxWarmRunners = 8;
/** What most packages of the catalog ask for, so that the first task of a home finds a sandbox whose limits are its own. */
const usualTaskMs = 30_000;

/** Reserved of a data key at a time: one write of the table in tens of seconds of full load, and few are lost when the home stops. */
const messagesAtOnce = 2 ** 20;

/** Open runs are looked at this often; SQS and timers may lose a message, the table does not. */
const sweepMs = 60_000;

/**
 * Opens the home and resumes every run that a crash left open. Throws `mc:host:data-dir-in-use`, `mc:host:data-dir-open`, `mc:host:data-dir-unusable`,
 * `mc:key:unreadable`, `mc:runner:refused` or `mc:store:*`; nothing is left open then.
 */
export async function openEmbeddedHome(options: EmbeddedHomeOptions): Promise<EmbeddedHome> {
  await using opened = new AsyncDisposableStack();
  openDataFolder(options.dataDir);
  opened.adopt(lockFolder(options.dataDir), (lock) => lock.release());
  const tableFile = join(options.dataDir, 'table.sqlite');
  const applier = new ApplierThread(tableFile);
  const gate = new WorkGate((): boolean => phases.isFilling);
  const tableOptions = { keepsRecent: isReadOften, thread: applier, isUnderLoad: () => gate.putsCallersFirst };
  const table = opened.adopt(new SqliteTable(tableFile, tableOptions), (open) => open.close());
  opened.adopt(applier, (thread) => thread.close());
  const logger = jsonLogger(options.log ?? warningsToStderr, 'maestro-conductor');
  const metrics = new MemoryMetrics();
  const running = new RunningAttempts(systemClock);
  const { runner, describe, close } = buildRunner(options, { metrics, logger });
  opened.defer(close);
  const queue = new LocalTaskQueue({ width: widthOf(options), clock: systemClock, logger, metrics });
  const phases = new LocalPhases(() => deps, gate, maxOpenRunsFor(options));
  const thread = opened.adopt(new SigningThread((error) => logger.warn('the thread that signs failed', { error })), (open) => open.close());
  const stores = await openStores(table, { dataDir: options.dataDir, messagesAtOnce, thread });
  const rotations = new LocalRotations(() => deps);
  const own = { load: (tenant: TenantId, pack: OwnPack) => loadOwnPack({ table, ...stores }, tenant, pack) };
  const deps: Deps = {
    config: homeConfig(options),
    table,
    ...stores,
    rotations,
    checkSignature: checkInPool,
    queue,
    phases,
    policy: opened.adopt(await loadShippedPacks(undefined, { own }), (engine) => engine.close()),
    packs: bundledPacks(),
    runner: yieldingRunner(running.watch(runner), gate),
    clock: systemClock,
    ids: ulidIds(systemClock),
    logger,
    metrics,
    redactor: opened.adopt(new RedactionThread(), (thread) => thread.close()),
    faults: options.faults ?? noFaults,
  };
  const [sandbox] = await Promise.all([describe(), installCatalog(deps), ensureOwnerTenant(deps, ownerQuota(options))]);
  opened.defer(() => phases.close());
  opened.defer(() => queue.close());
  queue.consume((message) => dispatchTask(deps, message));
  const resumeLeft = await resumeRuns(deps, (run) => phases.resume(run));
  const lookAfter = (): Promise<unknown> => resumeLeft().then(() => sweepExecutions(deps));
  const sweep = setInterval(() => void lookAfter().catch((error: unknown) => logger.error('a sweep failed', { error })), sweepMs).unref();
  opened.defer(() => clearInterval(sweep));
  opened.adopt(keepLog(deps, gate), (keeper) => keeper.close());
  opened.adopt(keepRetention(deps, gate), (keeper) => keeper.close());
  opened.defer(() => rotations.close());
  opened.adopt(await keepKeys(deps, options.maxKeyDays), (keeper) => keeper.close());
  const home = opened.move();
  return { deps, metrics, gate, running, sandbox, pending: () => queue.backlog + phases.active, close: () => home.disposeAsync() };
}

/** The runner, what describes its sandbox when the operator wants to know that it is strong enough, and what ends the sandboxes that wait. */
function buildRunner(
  options: EmbeddedHomeOptions,
  { metrics, logger }: Pick<Deps, 'metrics' | 'logger'>,
): { runner: Runner; describe: () => Promise<SandboxDescription | undefined>; close: () => Promise<void> } {
  const { dataDir, runner, minimumSandbox } = options;
  if (runner !== undefined) return { runner, describe: () => Promise.resolve(undefined), close: () => Promise.resolve() };
  const minimum = minimumSandbox === undefined ? {} : { minimumLevel: minimumSandbox };
  const warm = {
    size: options.warmRunners ?? Math.min(maxWarmRunners, widthOf(options)),
    first: { resourceClass: 'small', timeoutMs: usualTaskMs, ...classLimits.small },
    onOff: (reason: string): void => logger.warn('no sandboxes are kept ready: they do not come up', { reason }),
  } as const;
  const sandboxes = new SandboxRunner({ clock: systemClock, folder: join(dataDir, 'sandboxes'), warm, metrics, logger, ...minimum });
  return {
    runner: sandboxes,
    describe: () => (minimumSandbox === undefined ? Promise.resolve(undefined) : sandboxes.describe()),
    close: () => sandboxes.close(),
  };
}

/** Two attempts a core: while one waits, the other works. */
const widthOf = ({ width }: EmbeddedHomeOptions): number => width ?? 2 * availableParallelism();

const maxOpenRunsFor = ({ maxOpenRuns }: EmbeddedHomeOptions): number => maxOpenRuns ?? maxOpenRunsOf(getHeapStatistics().heap_size_limit);

/**
 * The machine is the only limit of its owner: twice as many runs as the home takes before it answers 429, because those that are just being started count here already, and a denial is judged and
 * filed.
 */
function ownerQuota(options: EmbeddedHomeOptions): Tenant['quota'] {
  return { maxConcurrent: 2 * maxOpenRunsFor(options), resourceClasses: [...ResourceClass.options] };
}

/**
 * A run's head and tasks are read at every step of the run, its tenant and the tenant's usage at every request, the decision that let it start by the seal; what was
 * said of its attempts, receipt and blobs once or never. What a caller may do is read at every request too, and that most are no members of their tenant is known as well.
 */
function isReadOften({ pk, sk }: Key): boolean {
  if (pk.endsWith('#MEMBER')) return true;
  return sk === 'EXEC' || sk === 'DECISION#start' || sk.startsWith('TASK#') || sk === 'TENANT' || sk === 'RUNS' || sk.startsWith('DAY#');
}

function warningsToStderr(line: string): void {
  if (!line.includes('"level":"INFO"')) process.stderr.write(printableJson(line));
}
