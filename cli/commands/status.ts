import type { Command } from 'commander';
import type { Execution } from '../../shared/execution/execution.ts';
import type { Decision } from '../../shared/decision/decision.ts';
import { McError } from '../../shared/core/errors.ts';
import { ApiProblem } from '../client/api-problem.ts';
import { attemptDecisions } from '../client/attempt-decisions.ts';
import type { MaestroClient } from '../client/maestro-client.ts';
import { addConnection, addPaging, describeCommand, type HomeOptions, type PagingOptions } from '../command-options.ts';
import { connect } from '../session.ts';
import { paint } from '../terminal/paint.ts';
import { allowanceOfCaller } from '../terminal/render-allowance.ts';
import { renderDecisionInContext } from '../terminal/render-decision.ts';
import { renderExecution, renderExplanation, renderState } from '../terminal/render-execution.ts';
import { exitWith, note, printPage, printResult } from '../terminal/report.ts';
import { table } from '../terminal/table.ts';
import { usd } from '../terminal/units.ts';
import { followExecution, readTimeout } from './run.ts';

type StatusOptions = HomeOptions & { watch?: boolean; explain?: boolean; timeout: string } & PagingOptions;

/** Shows one execution, one decision, or the newest executions. */
export function addStatus(program: Command): void {
  const command = program
    .command('status')
    .description('show an execution or a decision, or the newest executions')
    .argument('[id]', 'execution or decision id; without it the newest executions are listed')
    .option('--watch', 'follow until it ended; exit 1 when it failed or was cancelled')
    .option('--explain', 'say why: the decision with every pack, quota and budget, and for every task why it is in its state')
    .option('--timeout <duration>', 'how long --watch waits', '24h');
  describeCommand(addConnection(addPaging(command, 20)), [
    { line: 'maestro status', meaning: 'the newest executions' },
    { line: 'maestro status exec_01K… --watch', meaning: 'follow a run to its end' },
    { line: 'maestro status exec_01K… --explain', meaning: 'why it may run, attempts, failures and what waits for what' },
    { line: 'maestro status dec_01K… --explain', meaning: 'why a start was denied' },
  ]).action(async (id: string | undefined, options: StatusOptions) => {
    if (id === undefined && (options.watch === true || options.explain === true))
      throw new McError(
        'mc:cli:usage',
        `${options.watch === true ? '--watch' : '--explain'} is about one execution; name its id, which \`maestro status\` lists.`,
      );
    if (id === undefined) await list(options);
    else await (id.startsWith('dec_') ? showDecision(id, options) : show(id, options));
  });
}

async function show(id: string, options: StatusOptions): Promise<void> {
  const client = connect(options);
  const execution =
    options.watch === true ? await followExecution(client, id, { timeoutMs: readTimeout(options.timeout) }) : await client.getExecution(id);
  if (options.explain === true) await explain(client, execution, options);
  else printResult(options, execution, () => renderExecution(execution));
  if (options.watch === true && execution.state !== 'succeeded') exitWith(1);
}

async function explain(client: MaestroClient, execution: Execution, options: StatusOptions): Promise<void> {
  const attempts = await findDecisions(client, execution);
  if (typeof attempts === 'string') {
    printResult(options, { ...execution, decision: null, attemptDecisions: [] }, () => renderExecution(execution));
    if (options.json !== true) note(attempts);
    return;
  }
  const [decision, now] = await Promise.all([client.getDecision(execution.decisionId), client.whoami()]);
  const explanation = { decision, attempts, now: allowanceOfCaller(now) };
  printResult(options, { ...execution, decision, attemptDecisions: attempts, now }, () => renderExecution(execution, explanation));
}

/** The decisions about the attempts of a run, or why there are none to be shown: those of 0.1.0 stand in receipts only. */
async function findDecisions(client: MaestroClient, execution: Execution): Promise<Decision[] | string> {
  try {
    return await attemptDecisions(client, execution);
  } catch (error) {
    if (error instanceof ApiProblem && error.code === 'mc:decision:not-found') return error.message;
    throw error;
  }
}

async function showDecision(id: string, options: StatusOptions): Promise<void> {
  if (options.watch === true) throw new McError('mc:cli:usage', '--watch follows an execution; a decision never changes.');
  const client = connect(options);
  if (options.explain !== true) {
    const decision = await client.getDecision(id);
    printResult(options, decision, () => [renderDecisionInContext(decision), ...renderNext(decision)].join('\n'));
    return;
  }
  const [decision, now] = await Promise.all([client.getDecision(id), client.whoami()]);
  const lines = (): string[] => [...renderExplanation({ decision, attempts: [], now: allowanceOfCaller(now) }), ...renderNext(decision)];
  printResult(options, { ...decision, now }, () => lines().join('\n'));
}

/** What a reader of a decision asks next. */
function renderNext(decision: Decision): string[] {
  const { decidedAt, input } = decision;
  const { name, version } = input.workflow;
  const asked = `asked by ${input.actor.sub} for ${name}@${version} at ${decidedAt}`;
  return ['', asked, nextOf(decision)];
}

function nextOf({ id, verdict, executionId }: Decision): string {
  if (executionId !== null) return `it belongs to ${executionId}, whose receipt holds it: maestro receipt ${executionId}`;
  const outcome = verdict === 'deny' ? 'nothing came of it' : 'it let the version be published';
  return `${outcome}; its signed record: maestro receipt ${id}`;
}

async function list(options: StatusOptions): Promise<void> {
  const page = await connect(options).listExecutions({ limit: options.limit, cursor: options.cursor });
  const columns = [
    { title: 'EXECUTION' },
    { title: 'STATE' },
    { title: 'WORKFLOW' },
    { title: 'CREATED' },
    { title: 'COST', align: 'right' as const },
  ];
  const rows = page.items.map((item) => [
    item.id,
    renderState(item.state),
    `${item.workflow.name}@${item.workflow.version}`,
    paint('dim', item.createdAt),
    usd(item.actualCostUsdMicros ?? item.estimatedCostUsdMicros),
  ]);
  printPage(options, page, {
    command: 'maestro status',
    human: () => (rows.length === 0 ? 'no executions yet; start one with: maestro run WORKFLOW' : table(columns, rows)),
  });
}
