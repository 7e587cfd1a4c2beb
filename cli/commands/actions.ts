import type { Command } from 'commander';
import type { ExecutionAction } from '../../shared/execution/actions/act-on-execution.ts';
import type { ExecutionState } from '../../shared/execution/execution.ts';
import { addConnection, describeCommand, type Example, type HomeOptions } from '../command-options.ts';
import { connect } from '../session.ts';
import { renderExecution } from '../terminal/render-execution.ts';
import { exitWith, printResult } from '../terminal/report.ts';
import { followExecution, readTimeout } from './run.ts';

type ActionOptions = HomeOptions & { reason: string; wait?: boolean; timeout: string; idempotencyKey?: string };

interface ActionCommand {
  action: ExecutionAction;
  description: string;
  waits: string;
  /** How the run must end for --wait to exit 0. */
  wanted: ExecutionState;
  examples: readonly Example[];
}

const commands: readonly ActionCommand[] = [
  {
    action: 'cancel',
    description: 'cancel an execution: its attempts are stopped, what succeeded is undone, and its receipt says who and why',
    waits: 'stay until it is sealed; exit 1 when it ended in another way',
    wanted: 'cancelled',
    examples: [{ line: "maestro cancel exec_01K… --reason 'wrong lockfile' --wait", meaning: 'stop it and see how it ended' }],
  },
  {
    action: 'retry',
    description: 'start a failed or cancelled execution again from the steps that failed; outputs of the others are checked and reused',
    waits: 'stay until the new execution ended; exit 1 when it did not succeed',
    wanted: 'succeeded',
    examples: [{ line: "maestro retry exec_01K… --reason 'the registry is back' --wait", meaning: 'run what is missing' }],
  },
  {
    action: 'replay',
    description: 'run an ended execution again, whole, with the same manifest and inputs',
    waits: 'stay until the new execution ended; exit 1 when it did not succeed',
    wanted: 'succeeded',
    examples: [
      { line: "maestro replay exec_01K… --reason 'audit: does it come out the same?' --wait", meaning: 'then compare with maestro diff' },
    ],
  },
];

/** Cancel, retry and replay. */
export function addActions(program: Command): void {
  for (const command of commands) addAction(program, command);
}

function addAction(program: Command, { action, description, waits, wanted, examples }: ActionCommand): void {
  const command = program
    .command(action)
    .description(description)
    .argument('<id>', 'execution id')
    .requiredOption('--reason <text>', 'why; it stands in the audit event')
    .option('--wait', waits)
    .option('--timeout <duration>', 'how long --wait waits', '24h')
    .option('--idempotency-key <key>', 'the same key and request again answer the same execution');
  describeCommand(addConnection(command), examples).action(async (id: string, options: ActionOptions) => {
    const timeoutMs = readTimeout(options.timeout);
    const client = connect(options);
    const answered = await client.actOnExecution(id, action, { reason: options.reason, idempotencyKey: options.idempotencyKey });
    if (options.wait !== true) {
      printResult(options, answered, () => `${renderExecution(answered)}\n\nfollow it with: maestro status ${answered.id} --watch`);
      return;
    }
    const ended = await followExecution(client, answered.id, { timeoutMs });
    printResult(options, ended, () => renderExecution(ended));
    if (ended.state !== wanted) exitWith(1);
  });
}
