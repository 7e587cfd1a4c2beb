import type { Command } from 'commander';
import { describeCommand } from '../command-options.ts';
import { programVersion } from '../program-version.ts';
import { printResult, type OutputOptions } from '../terminal/report.ts';

/** Prints the version of this program and of the Node it runs on. */
export function addVersion(program: Command): void {
  const command = program.command('version').description('print the version');
  describeCommand(command, [{ line: 'maestro version --json', meaning: 'with the version of Node' }]).action((options: OutputOptions) => {
    const version = programVersion();
    printResult(
      options,
      { version, node: process.versions.node, platform: `${process.platform}-${process.arch}` },
      () => `maestro ${version} (Node ${process.versions.node})`,
    );
  });
}
