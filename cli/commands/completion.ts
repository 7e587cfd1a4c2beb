import { Argument, type Command } from 'commander';
import { describeCommand } from '../command-options.ts';
import { completionScript, shells, type Shell } from '../completion-script.ts';
import { note, printResult, type OutputOptions } from '../terminal/report.ts';

const setup: Record<Shell, string> = {
  bash: "echo 'source <(maestro completion bash)' >> ~/.bashrc",
  zsh: 'maestro completion zsh > "${fpath[1]}/_maestro"',
  fish: 'maestro completion fish > ~/.config/fish/completions/maestro.fish',
};

/** Prints the completion script of a shell. */
export function addCompletion(program: Command): void {
  const command = program
    .command('completion')
    .description('print a completion script')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells));
  describeCommand(command, [
    { line: setup.bash, meaning: 'bash' },
    { line: setup.zsh, meaning: 'zsh' },
    { line: setup.fish, meaning: 'fish' },
  ]).action((shell: Shell, options: OutputOptions) => {
    const script = completionScript(program, shell);
    printResult(options, { shell, script }, () => script);
    if (process.stdout.isTTY) note(`\nto keep it: ${setup[shell]}`);
  });
}
