import type { Command } from 'commander';
import { McError } from '../../shared/core/errors.ts';
import { parseManifest } from '../../shared/manifest/parse-manifest.ts';
import { describeCommand } from '../command-options.ts';
import { toFailure } from '../failure.ts';
import { paint } from '../terminal/paint.ts';
import { renderFailure } from '../terminal/render-failure.ts';
import { exitWith, note, printResult, type OutputOptions } from '../terminal/report.ts';
import { plural } from '../terminal/units.ts';
import { readManifestFile } from '../workflow-source.ts';

/** Checks a manifest without a server and reports every problem at once. */
export function addValidate(program: Command): void {
  const command = program
    .command('validate')
    .description('check a manifest without a server; every problem at once')
    .argument('<file>', 'manifest, YAML or JSON');
  describeCommand(command, [
    { line: 'maestro validate workflow.yaml', meaning: 'problems as file:line:column' },
    { line: 'maestro validate workflow.yaml --json', meaning: 'the same for scripts' },
  ]).action((file: string, options: OutputOptions) => {
    validate(file, options);
  });
}

function validate(path: string, options: OutputOptions): void {
  const file = readManifestFile(path);
  try {
    const { manifest, digest } = parseManifest(file.text, file.mediaType);
    const answer = {
      file: path,
      valid: true,
      name: manifest.name,
      version: manifest.version,
      digest,
      tasks: manifest.tasks.length,
      issues: [],
    };
    const what = `${manifest.name}@${manifest.version}, ${plural(manifest.tasks.length, 'task')}, ${digest}`;
    printResult(options, answer, () =>
      [
        `${paint('green', '✔')} ${path}: ${what}`,
        `  checked were fields, needs and references; packages and what they take are checked by: maestro plan ${path}`,
      ].join('\n'),
    );
  } catch (error) {
    if (!(error instanceof McError) || options.json !== true) throw error;
    const failure = toFailure(error);
    printResult(options, { file: path, valid: false, code: failure.code, message: failure.message, issues: failure.issues }, () => '');
    note(renderFailure(failure, path));
    exitWith(failure.exit);
  }
}
