import { resolve } from 'node:path';
import type { Command } from 'commander';
import { shippedPacks } from '../../policy/engine/shipped-packs.ts';
import { McError } from '../../shared/core/errors.ts';
import { describeCommand } from '../command-options.ts';
import { scaffold, type Template } from '../scaffold.ts';
import { printResult, type OutputOptions } from '../terminal/report.ts';
import { renderFiles } from './init.ts';

interface Kind {
  template: Template;
  description: string;
  pattern: RegExp;
  allowed: string;
  example: string;
  next: readonly string[];
  /** Names that the home would refuse later on. */
  taken?: readonly string[];
}

const kinds: Record<'workflow' | 'service' | 'policy', Kind> = {
  workflow: {
    template: 'workflow',
    description: 'a folder with a workflow, its inputs, a test, CI and a policy note',
    pattern: /^[a-zA-Z0-9][a-zA-Z0-9_-]{2,63}$/,
    allowed: '3 to 64 letters, digits, - or _, beginning with a letter or digit',
    example: 'nightly-audit',
    next: ['node test.mjs', 'maestro run workflow.yaml --inputs-file inputs.example.json --wait'],
  },
  service: {
    template: 'service',
    description: 'a folder with a task package of your own, its test and CI',
    pattern: /^[a-z0-9][a-z0-9-]{0,63}$/,
    allowed: '1 to 64 lower-case letters, digits or -, beginning with a letter or digit',
    example: 'resize-image',
    next: ['node test.mjs', 'maestro package push .'],
  },
  policy: {
    template: 'policy',
    description: 'a folder with a policy pack of your own, its tests, examples and CI',
    pattern: /^[a-z][a-z0-9_]{0,31}$/,
    allowed: '1 to 32 lower-case letters, digits or _, beginning with a letter',
    example: 'year_end',
    next: ['opa test policy.rego policy_test.rego data.json', 'maestro policy test', '# then sign and push it: README.md says how'],
    taken: shippedPacks.map(({ name }) => name),
  },
};

/** Scaffolds a project that passes its own CI. */
export function addNew(program: Command): void {
  const group = program.command('new').description('scaffold a project that passes its own CI');
  for (const kind of ['workflow', 'service', 'policy'] as const) {
    const { template, description, pattern, allowed, example, next, taken = [] } = kinds[kind];
    const command = group.command(kind).description(description).argument('<name>', `name and folder: ${allowed}`);
    describeCommand(command, [{ line: `maestro new ${kind} ${example}`, meaning: 'creates that folder' }]).action(
      (name: string, options: OutputOptions) => {
        if (!pattern.test(name))
          throw new McError('mc:cli:usage', `The name of a ${kind} got ${JSON.stringify(name)}; allowed are ${allowed}.`);
        if (taken.includes(name))
          throw new McError(
            'mc:cli:usage',
            `The name of a ${kind} got ${JSON.stringify(name)}, which ships with the product; allowed is any name but ${taken.join(', ')}.`,
          );
        const files = scaffold(template, { folder: resolve(name), name });
        printResult(options, { folder: resolve(name), files }, () => renderFiles(files, name, [`cd ${name}`, ...next]));
      },
    );
  }
}
