import { printableJson, printableLines } from '../../shared/core/text/printable.ts';

/**
 * What a command prints, and where: its result goes to standard output, everything said on the way to standard error. With --json the
 * result is one JSON document and nothing else ever reaches standard output.
 */
export interface OutputOptions {
  json?: boolean;
}

/** Prints the result of a command, once. */
export function printResult(options: OutputOptions, value: unknown, human: () => string): void {
  const text = options.json === true ? printableJson(JSON.stringify(value, null, process.stdout.isTTY ? 2 : 0)) : printableLines(human());
  if (text !== '') process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Prints one page of a list and, for people, the command that lists what comes after it. */
export function printPage(
  options: OutputOptions,
  page: { cursor?: string | undefined },
  { command, human }: { command: string; human: () => string },
): void {
  printResult(options, page, human);
  if (page.cursor !== undefined && options.json !== true) note(`more: ${command} --cursor ${page.cursor}`);
}

/** Prints a result of many parts: with --json each is a line of its own (NDJSON), as the home answered it. */
export function printLines(options: OutputOptions, values: readonly unknown[], human: () => string): void {
  const text = options.json === true ? printableJson(values.map((value) => JSON.stringify(value)).join('\n')) : printableLines(human());
  if (text !== '') process.stdout.write(`${text}\n`);
}

/** Prints a document as the home gave it, byte for byte, to whoever reads on; a terminal gets it printable. */
export function printDocument(text: string): void {
  process.stdout.write(`${process.stdout.isTTY ? printableLines(text) : text}\n`);
}

/** Says something that is not the result. */
export function note(text: string): void {
  process.stderr.write(`${printableLines(text)}\n`);
}

/** Ends the process with this code once everything printed is out. */
export function exitWith(code: ExitCode): void {
  process.exitCode = code;
}

/** 0 done, 1 failed, 2 usage, 3 denied, 4 does not verify, 5 not found, 6 conflict. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6;
