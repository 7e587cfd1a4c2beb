/**
 * The command line: parses, runs one command, and maps whatever goes wrong to a message and an exit code. Standard output carries the
 * result and nothing else.
 */
import { CommanderError } from 'commander';
import { toFailure } from './failure.ts';
import { buildProgram, helpFor, helpTopic } from './program.ts';
import { renderFailure } from './terminal/render-failure.ts';
import { exitWith, note, printResult } from './terminal/report.ts';

async function main(args: readonly string[]): Promise<void> {
  const program = buildProgram();
  if (args.length === 0) {
    program.outputHelp();
    return;
  }
  try {
    const topic = helpTopic(program, args);
    if (topic === undefined) await program.parseAsync(args, { from: 'user' });
    else topic.outputHelp();
  } catch (error) {
    answerFailure(error, args, helpFor(program, args));
  }
}

function answerFailure(error: unknown, args: readonly string[], help: string): void {
  // commander reports help and --version by throwing, too.
  if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help')) return;
  const failure = toFailure(error, help);
  const { exit, ...answer } = failure;
  exitWith(exit);
  if (wantsJson(args)) printResult({ json: true }, { error: answer }, () => '');
  note(renderFailure(failure, failure.code === 'mc:execution:inputs-invalid' ? undefined : manifestIn(args)));
  if (process.env['MC_DEBUG'] && error instanceof Error) note(error.stack ?? '');
}

/** Asked of the arguments themselves, because they may be what could not be parsed. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).includes('--json');
}

/** The manifest that issues speak of, but for those of inputs, which stand elsewhere. */
function manifestIn(args: readonly string[]): string | undefined {
  const isFile = (arg: string): boolean => /\.(ya?ml|json)$/i.test(arg) && !arg.startsWith('-') && !arg.includes('=');
  return args.find((arg, at) => isFile(arg) && args[at - 1] !== '--inputs-file');
}

// A reader that has seen enough, such as `| head`, closes the pipe: that is no failure of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}

await main(process.argv.slice(2));
