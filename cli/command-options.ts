/** What commands share: the options every command or every connecting command has, and examples that help and reference both show. */
import { Option, type Command } from 'commander';
import { McError } from '../shared/core/errors.ts';
import { readWhole } from './read-whole.ts';
import type { ConnectionOptions } from './session.ts';
import type { OutputOptions } from './terminal/report.ts';

export interface Example {
  line: string;
  meaning: string;
}

const examples = new WeakMap<Command, readonly Example[]>();

/** Adds `--json` and the examples; every command goes through here. */
export function describeCommand(command: Command, shown: readonly Example[]): Command {
  examples.set(command, shown);
  const width = Math.max(...shown.map((example) => example.line.length));
  const lines = shown.map((example) => `  $ ${example.line.padEnd(width)}   ${example.meaning}`);
  return command
    .option('--json', 'print one JSON document on standard output and nothing else')
    .addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

export function examplesOf(command: Command): readonly Example[] {
  return examples.get(command) ?? [];
}

/** Adds the options that choose the home. */
export function addConnection(command: Command): Command {
  return command
    .option('--url <url>', 'URL of the home (default: MC_URL, else the running home of this user)')
    .option('--token <token>', 'bearer token (default: MC_TOKEN, else the login file of that home)')
    .option('--data-dir <folder>', 'data folder whose login file is used (default: MC_DATA_DIR, else that of this user)');
}

/** As many as the API gives at once. */
const mostEntries = 100;

export interface PagingOptions {
  limit: number;
  cursor?: string;
}

/** Adds `--limit` and `--cursor`; a count that no home takes is refused before one is asked. */
export function addPaging(command: Command, defaultLimit = 50): Command {
  const readLimit = (text: string): number => readWhole('--limit', text, { least: 1, most: mostEntries });
  return command
    .option('--limit <count>', `how many to list, 1 to ${String(mostEntries)}`, readLimit, defaultLimit)
    .option('--cursor <cursor>', 'continue a list where the last page ended');
}

/** Adds the options that give inputs. */
export function addInputs(command: Command): Command {
  return command
    .option('-i, --input <name=value>', 'an input; name=@path reads a file; repeatable', (value: string, all: string[] | undefined) => [
      ...(all ?? []),
      value,
    ])
    .option('--inputs-file <file>', 'JSON file with inputs; for a `file` input it names the path')
    .option('--region <region>', 'where the data is to be processed');
}

/**
 * What an option got; throws `mc:cli:usage` for nothing at all, which is what an unset variable of the shell leaves. An empty folder would be the one that somebody
 * stands in, an empty address every address.
 */
export function readText(option: string, text: string): string {
  if (text.trim() !== '') return text;
  throw new McError('mc:cli:usage', `${option} got ""; say what it is, or leave the option out.`);
}

/** An option of which only these values are allowed. */
export function choice(flags: string, description: string, values: readonly string[]): Option {
  return new Option(flags, description).choices(values);
}

export type HomeOptions = ConnectionOptions & OutputOptions;
