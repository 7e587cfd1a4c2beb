/** What every command that lists shares: how many entries it asks for, where it goes on, and the line that says how to get the rest. */
import type { Command } from 'commander';
import { readWhole } from './read-whole.ts';
import { note, printResult, type OutputOptions } from './terminal/report.ts';

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

/** Prints one page and, for people, the command that lists what comes after it. */
export function printPage(
  options: OutputOptions,
  page: { cursor?: string | undefined },
  { command, human }: { command: string; human: () => string },
): void {
  printResult(options, page, human);
  if (page.cursor !== undefined && options.json !== true) note(`more: ${command} --cursor ${page.cursor}`);
}
