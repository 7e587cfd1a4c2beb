import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { McError } from '../../shared/core/errors.ts';
import type { BatchAnswer } from '../client/answers.ts';
import type { HomeOptions } from '../command-options.ts';
import { connect } from '../session.ts';
import { renderBatch } from '../terminal/several-runs/render-batch.ts';
import { exitWith, printLines, type ExitCode } from '../terminal/report.ts';
import { reasonOf } from '../workflow-source.ts';

/** Starts one run a line of an NDJSON file, `-` for standard input; what became of one line is no error of the command, and is in its exit code. */
export async function runBatch(file: string, options: HomeOptions & { idempotencyKey?: string }): Promise<void> {
  const lines = await readBatch(file);
  const answers = await connect(options).startExecutions(lines, { idempotencyKey: options.idempotencyKey });
  printLines(options, answers, () => renderBatch(answers));
  exitWith(exitOf(answers));
}

async function readBatch(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // As it came: the home says which line is no JSON or no UTF-8.
    return file === '-' ? new Uint8Array(await buffer(process.stdin)) : readFileSync(file);
  } catch (error) {
    throw new McError('mc:cli:file-unreadable', `${file} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
}

function exitOf(answers: readonly BatchAnswer[]): ExitCode {
  const problems = answers.flatMap((answer) => ('problem' in answer ? [answer.problem] : []));
  if (problems.length === 0) return 0;
  return problems.some(({ code }) => code === 'mc:policy:denied') ? 3 : 1;
}
