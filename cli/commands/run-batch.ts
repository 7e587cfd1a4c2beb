import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { McError } from '../../shared/core/errors.ts';
import { batchParts } from '../batch-parts.ts';
import type { BatchAnswer } from '../client/answers.ts';
import type { HomeOptions } from '../command-options.ts';
import { connect } from '../session.ts';
import { renderBatch } from '../terminal/several-runs/render-batch.ts';
import { exitWith, note, printLines, type ExitCode } from '../terminal/report.ts';
import { reasonOf } from '../workflow-source.ts';

/**
 * Starts one run a line of an NDJSON file, `-` for standard input; what became of one line is no error of the command, and is in its exit code. More lines than a request takes are sent in
 * several, one after the other; when one of them fails, what became of the lines before it is printed all the same.
 */
export async function runBatch(file: string, options: HomeOptions & { idempotencyKey?: string }): Promise<void> {
  const parts = batchParts(await readBatch(file));
  const home = connect(options);
  const answers: BatchAnswer[] = [];
  try {
    for (const [part, lines] of parts.entries()) {
      const from = answers.length;
      const answered = await home.startExecutions(lines, { idempotencyKey: keyOfPart(options.idempotencyKey, part) });
      answers.push(...answered.map((answer) => ({ ...answer, index: from + answer.index })));
    }
  } catch (error) {
    if (answers.length > 0) note(`The lines after ${answers.length} were not answered; what became of those before:`);
    if (answers.length > 0) printLines(options, answers, () => renderBatch(answers));
    throw error;
  }
  printLines(options, answers, () => renderBatch(answers));
  exitWith(exitOf(answers));
}

/** The first part has the key as it was given, which is what a batch of one part had before; the others are told apart by their number. */
function keyOfPart(key: string | undefined, part: number): string | undefined {
  return key === undefined || part === 0 ? key : `${key}/part-${part + 1}`;
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
