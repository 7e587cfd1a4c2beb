import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { describeCommand } from '../command-options.ts';
import { scaffold } from '../scaffold.ts';
import { paint } from '../terminal/paint.ts';
import { printResult, type OutputOptions } from '../terminal/report.ts';

/** Writes a first workflow into the current folder. */
export function addInit(program: Command): void {
  const command = program.command('init').description('write a first workflow.yaml and README.md into this folder; overwrites nothing');
  describeCommand(command, [{ line: 'mkdir hello && cd hello && maestro init', meaning: 'then: maestro run workflow.yaml --wait' }]).action(
    (options: OutputOptions) => {
      const folder = process.cwd();
      const files = scaffold('init', { folder, name: workflowName(folder), optional: ['README.md'] });
      printResult(options, { folder, files }, () => renderFiles(files, '.', ['maestro up', 'maestro run workflow.yaml --wait']));
    },
  );
}

/** A manifest's name has 3 to 64 letters, digits, - or _. */
function workflowName(folder: string): string {
  const name = basename(resolve(folder))
    .replaceAll(/[^a-zA-Z0-9_-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 64);
  return name.length >= 3 ? name : 'hello-workflow';
}

/** What was written and what to do next. */
export function renderFiles(files: readonly string[], folder: string, next: readonly string[]): string {
  return [
    ...files.map((file) => `${paint('green', '+')} ${folder}/${file}`),
    '',
    'next',
    ...next.map((line) => `  ${paint('cyan', line)}`),
  ].join('\n');
}
