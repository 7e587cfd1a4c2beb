import type { Command } from 'commander';
import { addConnection, describeCommand, type HomeOptions } from '../command-options.ts';
import { connect } from '../session.ts';
import { paint } from '../terminal/paint.ts';
import { renderExecution, renderState } from '../terminal/render-execution.ts';
import { exitWith, note, printResult } from '../terminal/report.ts';
import { table } from '../terminal/table.ts';
import { usd } from '../terminal/units.ts';
import { followExecution, readTimeout } from './run.ts';

type StatusOptions = HomeOptions & { watch?: boolean; explain?: boolean; timeout: string; limit: string; cursor?: string };

/** Shows one execution, or the newest ones. */
export function addStatus(program: Command): void {
  const command = program
    .command('status')
    .description('show an execution, or the newest ones')
    .argument('[id]', 'execution id; without it the newest executions are listed')
    .option('--watch', 'follow until it ended; exit 1 when it failed')
    .option('--explain', 'say for every task why it is in its state')
    .option('--timeout <duration>', 'how long --watch waits', '24h')
    .option('--limit <count>', 'how many to list, 1 to 100', '20')
    .option('--cursor <cursor>', 'continue a list where the last page ended');
  describeCommand(addConnection(command), [
    { line: 'maestro status', meaning: 'the newest executions' },
    { line: 'maestro status exec_01K… --watch', meaning: 'follow a run to its end' },
    { line: 'maestro status exec_01K… --explain', meaning: 'attempts, failures and what waits for what' },
  ]).action(async (id: string | undefined, options: StatusOptions) => {
    await (id === undefined ? list(options) : show(id, options));
  });
}

async function show(id: string, options: StatusOptions): Promise<void> {
  const client = connect(options);
  const execution =
    options.watch === true ? await followExecution(client, id, { timeoutMs: readTimeout(options.timeout) }) : await client.getExecution(id);
  printResult(options, execution, () => renderExecution(execution, options.explain === true));
  if (options.watch === true && execution.state === 'failed') exitWith(1);
}

async function list(options: StatusOptions): Promise<void> {
  const page = await connect(options).listExecutions({ limit: Number(options.limit), cursor: options.cursor });
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
  printResult(options, page, () => (rows.length === 0 ? 'no executions yet; start one with: maestro run WORKFLOW' : table(columns, rows)));
  if (page.cursor !== undefined && options.json !== true) note(`more: maestro status --cursor ${page.cursor}`);
}
