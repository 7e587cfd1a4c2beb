/** Plans, starts and measures every run of the suite over HTTP, one after the other, in a fresh embedded home with the real sandbox. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MaestroClient } from '../../../cli/client/maestro-client.ts';
import { waitForExecution } from '../../../cli/client/wait-for-execution.ts';
import { startHost } from '../../../cli/host/start-host.ts';
import type { Execution } from '../../../shared/execution/execution.ts';
import type { PlanAnswer } from '../../../shared/plan/plan.ts';
import { suiteCases, suiteWorkflows, type SuiteCase } from './suite.ts';

/** One run: what was said before it, and what it took. */
export interface MeasuredRun {
  title: string;
  /** Runs of the first part only teach. */
  isHeldOut: boolean;
  /** Whether POST /api/plan answered an estimate, and the run carried one, before its first task began. */
  hasEstimate: boolean;
  isLearned: boolean;
  estimatedUsdMicros: number;
  lowUsdMicros: number;
  highUsdMicros: number;
  actualUsdMicros: number;
  estimatedMs: number;
  actualMs: number;
}

export interface SuiteOptions {
  train: number;
  heldOut: number;
  seed: number;
  onRun?: (done: number, all: number) => void;
}

const runTimeoutMs = 60_000;

/** A small repeatable random source. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The run carries its estimate from the write that makes it, which is before anything of it runs. */
const hasPrice = ({ estimatedCostUSD, plan }: PlanAnswer, { estimatedCostUsdMicros }: Execution): boolean =>
  estimatedCostUSD > 0 && plan.estimatedCostHighUsdMicros >= plan.estimatedCostUsdMicros && estimatedCostUsdMicros > 0;

function timeOf({ tasks }: Execution): number {
  return tasks.flatMap(({ attempts }) => attempts).reduce((sum, { wallMs }) => sum + (wallMs ?? 0), 0);
}

async function measure(
  client: MaestroClient,
  { title, workflow, inputsOf }: SuiteCase,
  random: () => number,
): Promise<Omit<MeasuredRun, 'isHeldOut'>> {
  const inputs = await inputsOf(client, random);
  const answer = await client.planRun({ workflow, inputs });
  const started = await client.startExecution({ workflow, inputs });
  const ended = await waitForExecution(client, started.id, { timeoutMs: runTimeoutMs });
  const { plan } = answer;
  if (ended.state !== 'succeeded' || ended.actualCostUsdMicros === null) throw new Error(`${title}: ${JSON.stringify(ended.error)}`);
  return {
    title,
    hasEstimate: hasPrice(answer, started),
    isLearned: plan.tasks.every(({ estimate }) => estimate.basis === 'learned'),
    estimatedUsdMicros: plan.estimatedCostUsdMicros,
    lowUsdMicros: plan.estimatedCostLowUsdMicros,
    highUsdMicros: plan.estimatedCostHighUsdMicros,
    actualUsdMicros: ended.actualCostUsdMicros,
    estimatedMs: plan.tasks.reduce((sum, task) => sum + task.estimatedMs, 0),
    actualMs: timeOf(ended),
  };
}

/** Every case in turn, so that neither a warm nor a busy machine favours one of them: first the runs that teach, then the held-out ones. */
export async function runSuite({ train, heldOut, seed, onRun }: SuiteOptions): Promise<MeasuredRun[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'mc-estimator-'));
  const host = await startHost({ dataDir, port: 0, isAnnounced: false });
  try {
    const client = new MaestroClient({ url: host.url, token: host.token });
    for (const manifest of suiteWorkflows) await client.publishWorkflow((await client.createWorkflow(manifest)).workflow.id);
    const random = seeded(seed);
    const runs: MeasuredRun[] = [];
    for (let round = 0; round < train + heldOut; round += 1) {
      for (const suiteCase of suiteCases) {
        runs.push({ ...(await measure(client, suiteCase, random)), isHeldOut: round >= train });
        onRun?.(runs.length, (train + heldOut) * suiteCases.length);
      }
    }
    return runs;
  } finally {
    await host.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
