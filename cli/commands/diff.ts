import type { Command } from 'commander';
import { compareRuns, type ComparedRun } from '../../shared/execution/diff/compare-runs.ts';
import { attemptDecisions } from '../client/attempt-decisions.ts';
import type { MaestroClient } from '../client/maestro-client.ts';
import { addConnection, describeCommand, type HomeOptions } from '../command-options.ts';
import { connect } from '../session.ts';
import { renderDifference } from '../terminal/several-runs/render-difference.ts';
import { exitWith, printResult } from '../terminal/report.ts';

/** Finds where two executions went different ways. */
export function addDiff(program: Command): void {
  const command = program
    .command('diff')
    .description('find the first step in which two executions differ, and in what; exit 0 when they are the same, 1 when not')
    .argument('<a>', 'execution id')
    .argument('<b>', 'execution id');
  describeCommand(addConnection(command), [
    {
      line: 'maestro diff exec_01K… exec_01L…',
      meaning: 'package, inputs, outputs, policy, price, state, failure and compensation, step by step',
    },
  ]).action(async (a: string, b: string, options: HomeOptions) => {
    const client = connect(options);
    const [left, right] = await Promise.all([readRun(client, a), readRun(client, b)]);
    const difference = compareRuns(left, right);
    printResult(options, { a, b, ...difference }, () => renderDifference([left.execution, right.execution], difference));
    if (!difference.isSame) exitWith(1);
  });
}

async function readRun(client: MaestroClient, id: string): Promise<ComparedRun> {
  const execution = await client.getExecution(id);
  const start = await client.getDecision(execution.decisionId);
  const attempts = await attemptDecisions(client, execution);
  return { execution, start, attempts };
}
