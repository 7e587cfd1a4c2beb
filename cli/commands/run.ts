import type { Command } from 'commander';
import type { Execution } from '../../shared/execution/execution.ts';
import { durationMs, Duration } from '../../shared/core/time/duration.ts';
import { McError } from '../../shared/core/errors.ts';
import { ApiProblem } from '../client/api-problem.ts';
import type { MaestroClient } from '../client/maestro-client.ts';
import { waitForExecution } from '../client/wait-for-execution.ts';
import { addConnection, addInputs, describeCommand } from '../command-options.ts';
import { readInputs } from '../inputs.ts';
import { connect } from '../session.ts';
import { liveProgress } from '../terminal/live-progress.ts';
import { renderDecisionInContext } from '../terminal/render-decision.ts';
import { renderExecution } from '../terminal/render-execution.ts';
import { exitWith, note, printResult } from '../terminal/report.ts';
import { findSource, type WorkflowSource } from '../workflow-source.ts';
import { readManifest, showPlan, type PlanOptions } from './plan.ts';
import { publishFile } from './publish.ts';
import { runBatch } from './run-batch.ts';

type RunOptions = Omit<PlanOptions, 'manifest'> & {
  wait?: boolean;
  dryRun?: boolean;
  idempotencyKey?: string;
  timeout: string;
  batch?: string;
};

/** Starts an execution, or many with --batch; with --wait stays until its receipt verifies. */
export function addRun(program: Command): void {
  const command = program
    .command('run')
    .description('start a workflow; a manifest file is published first')
    .argument('[workflow]', 'name, name@version or id of a workflow, or a manifest file')
    .option('--wait', 'stay until the run ended and its receipt verified; exit 1 when it failed or was cancelled')
    .option('--timeout <duration>', 'how long --wait waits', '24h')
    .option('--dry-run', 'plan only, like `maestro plan`')
    .option('--idempotency-key <key>', 'the same key and request again answer the same execution')
    .option(
      '--batch <file>',
      'start one run a line of this NDJSON file (- for standard input) in place of the argument; exit 3 when policy denied some',
    );
  describeCommand(addConnection(addInputs(command)), [
    { line: 'maestro run supply-chain-audit -i lockfile=@package-lock.json --wait', meaning: 'run and follow to the end' },
    { line: 'maestro run workflow.yaml --dry-run', meaning: 'only show the plan' },
    { line: 'maestro run nightly --idempotency-key 2026-11-20 --json', meaning: 'safe to repeat' },
    { line: 'maestro run --batch starts.ndjson --idempotency-key 2026-11-20', meaning: 'many at once, safe to repeat' },
  ]).action(async (workflow: string | undefined, options: RunOptions) => {
    if (options.batch !== undefined) {
      refuseBeside(workflow, options);
      return runBatch(options.batch, options);
    }
    if (workflow === undefined) throw new McError('mc:cli:usage', 'Got neither a workflow nor --batch; allowed is exactly one of them.');
    const source = findSource(workflow);
    await (options.dryRun === true ? showPlan(source, options) : run(source, options));
  });
}

/** Each line of a batch says itself what it starts and with what, and nobody waits for hundreds of runs. */
function refuseBeside(workflow: string | undefined, { input, inputsFile, region, wait, dryRun }: RunOptions): void {
  const given = {
    'a workflow': workflow,
    '--input': input,
    '--inputs-file': inputsFile,
    '--region': region,
    '--wait': wait,
    '--dry-run': dryRun,
  };
  const got = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (got.length === 0) return;
  const allowed = '--idempotency-key and --json; a line names its own workflow, inputs and region';
  throw new McError('mc:cli:usage', `Got --batch and ${got.join(', ')}; allowed beside --batch are ${allowed}.`);
}

async function run(source: WorkflowSource, options: RunOptions): Promise<void> {
  const timeoutMs = readTimeout(options.timeout);
  const client = connect(options);
  const execution = await start(client, source, options);
  const why = options.json === true ? '' : await renderWhy(client, execution);
  if (options.wait !== true) {
    printResult(
      options,
      execution,
      () => `${renderExecution(execution)}\n\n${why}\n\nfollow it with: maestro status ${execution.id} --watch`,
    );
    return;
  }
  const ended = await followExecution(client, execution.id, { timeoutMs });
  printResult(options, ended, () => `${renderExecution(ended)}\n\n${why}`);
  if (ended.state !== 'succeeded') exitWith(1);
}

/** Why it may run; a home that cannot tell has admitted it all the same. */
async function renderWhy(client: MaestroClient, execution: Execution): Promise<string> {
  try {
    return renderDecisionInContext(await client.getDecision(execution.decisionId));
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    return `decision ${execution.decisionId} let it start; it cannot be shown: ${error.message}`;
  }
}

async function start(client: MaestroClient, source: WorkflowSource, options: RunOptions): Promise<Execution> {
  const manifest = await readManifest(client, source);
  const inputs = await readInputs(options, manifest.inputs ?? {}, async (name, bytes) => {
    const file = await client.uploadFile(name, bytes);
    return { digest: file.digest, name: file.name };
  });
  let workflow: string;
  if (source.kind === 'file') {
    const published = await publishFile(client, source);
    note(`published ${published.name}@${published.version} (${published.id})`);
    workflow = published.id;
  } else {
    workflow = source.ref;
  }
  const request = {
    workflow,
    ...(Object.keys(inputs).length === 0 ? {} : { inputs }),
    ...(options.region === undefined ? {} : { region: options.region }),
  };
  return client.startExecution(request, { idempotencyKey: options.idempotencyKey });
}

/** Shows the run on standard error until it is terminal. */
export async function followExecution(client: MaestroClient, id: string, options: { timeoutMs: number }): Promise<Execution> {
  const progress = liveProgress();
  try {
    return await waitForExecution(client, id, {
      timeoutMs: options.timeoutMs,
      onState: (execution) => {
        progress.show(execution);
      },
    });
  } finally {
    progress.clear();
  }
}

export function readTimeout(text: string): number {
  const parsed = Duration.safeParse(text);
  if (!parsed.success)
    throw new McError(
      'mc:cli:usage',
      `--timeout got ${JSON.stringify(text)}; allowed is a whole number and a unit, such as 30s, 5m or 2h.`,
    );
  return durationMs(parsed.data);
}
