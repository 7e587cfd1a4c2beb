/** Builds every port of the embedded home on one data folder and starts its engine; the only place where adapters of this home are chosen. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { installCatalog } from '../../catalog/install-catalog.ts';
import { loadShippedPacks } from '../../policy/engine/load-shipped-packs.ts';
import { SandboxRunner } from '../../runner/sandbox/sandbox-runner.ts';
import { FileBlobs } from '../../shared/embedded/file-blobs.ts';
import { lockFolder } from '../../shared/embedded/folder-lock.ts';
import { jsonLogger } from '../../shared/embedded/json-logger.ts';
import { LocalTaskQueue } from '../../shared/embedded/local-task-queue.ts';
import { MemoryMetrics } from '../../shared/embedded/memory-metrics.ts';
import { SmallBlobs } from '../../shared/embedded/small-blobs.ts';
import { openSoftwareSigner } from '../../shared/embedded/software-signer.ts';
import { SqliteTable } from '../../shared/embedded/sqlite-table.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';
import { ulidIds } from '../../shared/embedded/ulid-ids.ts';
import { WorkGate } from '../../shared/embedded/work-gate.ts';
import { dispatchTask } from '../../shared/execution/dispatch/dispatch-task.ts';
import { yieldingRunner } from '../../shared/embedded/yielding-runner.ts';
import { reconcileRun } from '../../shared/execution/dispatch/reconcile-run.ts';
import { openRuns, sweepExecutions } from '../../shared/execution/dispatch/sweep-executions.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { noFaults, type Faults } from '../../shared/port/faults.ts';
import type { Key } from '../../shared/port/table.ts';
import type { Runner } from '../../shared/port/runner.ts';
import { LocalPhases } from '../../statemachines/interpreter/local-phases.ts';
import { programVersion } from '../program-version.ts';

export interface EmbeddedHomeOptions {
  dataDir: string;
  /** Region of runs whose manifest names none; default `US`. */
  region?: string;
  /** What executes tasks; default: the strongest sandbox of this machine. */
  runner?: Runner;
  /** Attempts at once; default: two a core for real sandboxes. */
  width?: number;
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
  /** Runs that are not yet recorded, messages that wait: what a bench waits for. */
  pending(): number;
  /** Stops handing out work, lets running attempts end, closes the files. */
  close(): Promise<void>;
}

/** Open runs are looked at this often; SQS and timers may lose a message, the table does not. */
const sweepMs = 60_000;

/** Opens the home and resumes every run that a crash left open. Throws `mc:host:data-dir-in-use`. */
export async function openEmbeddedHome(options: EmbeddedHomeOptions): Promise<EmbeddedHome> {
  const lock = lockFolder(options.dataDir);
  const table = new SqliteTable(join(options.dataDir, 'table.sqlite'), isRunState);
  try {
    const logger = jsonLogger(options.log ?? warningsToStderr, 'maestro-conductor');
    const metrics = new MemoryMetrics();
    const gate = new WorkGate();
    const queue = new LocalTaskQueue({ width: options.width ?? 2 * availableParallelism(), clock: systemClock, logger });
    const phases = new LocalPhases(() => deps, gate);
    const deps: Deps = {
      config: {
        region: options.region ?? 'US',
        cloud: 'local',
        builderId: 'https://maestro-conductor.dev/homes/embedded',
        version: programVersion(),
      },
      table,
      blobs: new SmallBlobs(table, new FileBlobs(join(options.dataDir, 'blobs'))),
      signer: openSoftwareSigner(join(options.dataDir, 'keys', 'receipt-signer.pem')),
      queue,
      phases,
      policy: await loadShippedPacks(),
      runner: yieldingRunner(options.runner ?? new SandboxRunner({ clock: systemClock, folder: join(options.dataDir, 'sandboxes') }), gate),
      clock: systemClock,
      ids: ulidIds(systemClock),
      logger,
      metrics,
      faults: options.faults ?? noFaults,
    };
    await installCatalog(deps);
    queue.consume((message) => dispatchTask(deps, message));
    await resumeRuns(deps, phases);
    const sweep = setInterval(
      () => void sweepExecutions(deps).catch((error: unknown) => logger.error('a sweep failed', { error })),
      sweepMs,
    ).unref();
    const close = async (): Promise<void> => {
      clearInterval(sweep);
      await queue.close();
      await phases.close();
      table.close();
      lock.release();
    };
    return { deps, metrics, gate, pending: () => queue.backlog + phases.active, close };
  } catch (error) {
    table.close();
    lock.release();
    throw error;
  }
}

/** A run's head and tasks are read at every step of the run; its decision, receipt and blobs once or never. */
function isRunState({ sk }: Key): boolean {
  return sk === 'EXEC' || sk.startsWith('TASK#');
}

/** The process that ran these attempts is gone, so each of them is lost; their tasks and phases go on. */
async function resumeRuns(deps: Deps, phases: LocalPhases): Promise<void> {
  for await (const run of openRuns(deps)) {
    await reconcileRun(deps, run, () => true);
    await phases.resume(run);
  }
}

function warningsToStderr(line: string): void {
  if (!line.includes('"level":"INFO"')) process.stderr.write(line);
}
