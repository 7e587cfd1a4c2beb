/** The command-line reference as Markdown, from the same command tree that parses: what is documented is what works. */
import type { Command, Option } from 'commander';
import { examplesOf } from './command-options.ts';
import { buildProgram } from './program.ts';

const preface = `# Command line

<!-- Generated from cli/program.ts by \`npm run gen\`. Do not edit. -->

\`npx maestro\` in a checkout. Results go to standard output, everything else to standard error; \`--json\` makes the result one JSON
document on every command. Exit codes: 0 done, 1 failed, 2 usage, 3 denied by policy or for want of a role, 4 does not verify, 5 not found, 6 conflict.

Where a command lists or shows what the home has, the document of \`--json\` is the answer of the API, whose fields are in [OpenAPI](openapi.json); \`whoami\` adds \`url\`. When a command
fails it is \`{"error": {"code", "title", "message", "fix", "issues", "deny"}}\`, with \`decisionId\` and \`instance\` where the home named a decision or a request. Branch on \`code\`
([error codes](../errors/README.md)): messages change.

| variable | meaning |
| --- | --- |
| \`MC_URL\`, \`MC_TOKEN\` | the home to talk to and the bearer token |
| \`MC_DATA_DIR\` | data folder of the embedded home, and where its login file is looked for |
| \`NO_COLOR\` | no colour |
| \`MC_DEBUG\` | print the stack of a failure |
`;

export function cliReference(): string {
  const program = buildProgram();
  return `${[preface, ...leavesOf(program).map(renderCommand)].join('\n')}`;
}

function leavesOf(command: Command): Command[] {
  const children = command.commands.filter((child) => child.name() !== 'help');
  return children.flatMap((child) => (child.commands.length > 0 ? leavesOf(child) : [child]));
}

function renderCommand(command: Command): string {
  const lines = [
    `## ${pathOf(command)}`,
    '',
    sentence(command.description()),
    '',
    '```',
    `${pathOf(command)} ${command.usage()}`,
    '```',
    '',
  ];
  const args = command.registeredArguments.map((argument) =>
    row(argument.required ? `<${argument.name()}>` : `[${argument.name()}]`, argument.description),
  );
  if (args.length > 0) lines.push('| argument | meaning |', '| --- | --- |', ...args, '');
  const options = command.options.filter((option) => !option.hidden).map((option) => row(option.flags, meaningOf(option)));
  lines.push('| option | meaning |', '| --- | --- |', ...options, '');
  lines.push('```sh', ...examplesOf(command).flatMap(({ line, meaning }) => [`# ${meaning}`, line]), '```', '');
  return lines.join('\n');
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

function meaningOf(option: Option): string {
  const choices = option.argChoices ? `; one of ${option.argChoices.join(', ')}` : '';
  const preset =
    typeof option.defaultValue === 'string' || typeof option.defaultValue === 'number' ? `; default ${String(option.defaultValue)}` : '';
  return `${option.description}${choices}${preset}`;
}

const row = (name: string, meaning: string): string => `| \`${name.replaceAll('|', '\\|')}\` | ${meaning.replaceAll('|', '\\|')} |`;

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
