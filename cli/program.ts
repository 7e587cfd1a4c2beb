/** The command tree: one file a command, assembled here and nowhere else. Building it has no effects. */
import { Command } from 'commander';
import { McError } from '../shared/core/errors.ts';
import { nearest } from '../shared/core/nearest.ts';
import { addActions } from './commands/actions.ts';
import { addBackup } from './commands/backup/backup.ts';
import { addRestore } from './commands/backup/restore.ts';
import { addCompletion } from './commands/completion.ts';
import { addDiff } from './commands/diff.ts';
import { addDisclosure } from './commands/evidence/disclosure.ts';
import { addEvidence } from './commands/evidence/evidence.ts';
import { addInit } from './commands/init.ts';
import { addKeys } from './commands/keys/keys.ts';
import { addLog } from './commands/log/log.ts';
import { addLogs } from './commands/logs.ts';
import { addNew } from './commands/new.ts';
import { addPackage } from './commands/package.ts';
import { addPlan } from './commands/plan.ts';
import { addPolicy } from './commands/policy.ts';
import { addPublish } from './commands/publish.ts';
import { addReceipt } from './commands/receipt.ts';
import { addRetention } from './commands/retention/retention.ts';
import { addRun } from './commands/run.ts';
import { addStatus } from './commands/status.ts';
import { addTenants } from './commands/tenants/tenants.ts';
import { addUp } from './commands/up.ts';
import { addValidate } from './commands/validate.ts';
import { addVerify } from './commands/verify.ts';
import { addVerifyBundle } from './commands/verify-bundle.ts';
import { addVersion } from './commands/version.ts';
import { addWhoami } from './commands/whoami.ts';
import { addWorkflows } from './commands/workflows/workflows.ts';
import { programVersion } from './program-version.ts';

const groups: readonly { title: string; add: readonly ((program: Command) => void)[] }[] = [
  { title: 'Begin:', add: [addUp, addInit, addNew] },
  { title: 'Workflows:', add: [addValidate, addPlan, addPublish, addRun, addWorkflows] },
  { title: 'Executions:', add: [addStatus, addLogs, addReceipt, addActions, addDiff] },
  { title: 'Trust:', add: [addVerify, addVerifyBundle, addDisclosure, addEvidence, addKeys, addLog, addWhoami] },
  { title: 'Governance:', add: [addTenants, addRetention] },
  { title: 'Operations:', add: [addBackup, addRestore] },
  { title: 'Packages:', add: [addPackage] },
  { title: 'Policy:', add: [addPolicy] },
  { title: 'This program:', add: [addCompletion, addVersion] },
];

export function buildProgram(): Command {
  const program = new Command('maestro')
    .description('Publish, plan, run, seal and verify governed workflows.')
    .version(programVersion(), '-V, --version', 'print the version')
    .addHelpCommand(new Command('help').argument('[command...]').description('help for a command').helpGroup('This program:'))
    .exitOverride()
    .configureOutput({ outputError: () => undefined }) // main.ts says it, with code and fix.
    .addHelpText('after', exitCodes);
  for (const { title, add } of groups) {
    program.commandsGroup(title);
    for (const addCommand of add) addCommand(program);
  }
  return program;
}

const exitCodes = `
Exit codes: 0 done, 1 failed, 2 usage, 3 denied by policy or for want of a role, 4 does not verify, 5 not found, 6 conflict.
Environment: MC_URL and MC_TOKEN choose a home, MC_DATA_DIR a data folder, NO_COLOR turns colour off.`;

interface Found {
  command: Command;
  /** Arguments after those that name the command. */
  rest: readonly string[];
}

/** The innermost command that these arguments name, one a word. */
function findCommand(command: Command, args: readonly string[]): Found {
  const [first, ...rest] = args;
  const inner = command.commands.find((candidate) => candidate.name() === first);
  return inner === undefined ? { command, rest: args } : findCommand(inner, rest);
}

/**
 * The command whose help `maestro help …` or `maestro GROUP help …` asks for; undefined when the arguments ask for none. Throws `mc:cli:usage` for one
 * that there is not, where commander would show the help of all as if nothing were wrong.
 */
export function helpTopic(program: Command, args: readonly string[]): Command | undefined {
  const { command: group, rest } = findCommand(program, args);
  if (rest[0] !== 'help' || group.commands.length === 0) return undefined;
  const words = rest.filter((word) => word !== 'help' && !word.startsWith('-'));
  const { command, rest: unknown } = findCommand(group, words);
  if (unknown[0] === undefined) return command;
  const near = nearest(
    unknown[0],
    command.commands.map((inner) => inner.name()),
  );
  const guess = near === undefined ? '' : ` Did you mean ${near}?`;
  throw new McError('mc:cli:usage', `There is no command ${[...args.slice(0, -rest.length), ...words].join(' ').slice(0, 80)}.${guess}`);
}

const helpOf = (path: readonly string[]): string => (path.length === 0 ? 'maestro help' : `maestro ${path.join(' ')} --help`);

/** How the help of the command that these arguments call is asked for. */
export function helpFor(program: Command, args: readonly string[]): string {
  return helpOf(args.slice(0, args.length - findCommand(program, args).rest.length));
}
