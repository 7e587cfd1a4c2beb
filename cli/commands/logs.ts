import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { printableLine } from '../../shared/core/text/printable.ts';
import type { LogRecord } from '../../shared/execution/read/read-logs.ts';
import type { MaestroClient } from '../client/maestro-client.ts';
import { addConnection, describeCommand, type HomeOptions } from '../command-options.ts';
import { connect } from '../session.ts';
import { paint } from '../terminal/paint.ts';
import { note, printResult } from '../terminal/report.ts';

type LogOptions = HomeOptions & { follow?: boolean; task?: string };

/** Quick enough to watch, slow enough for a home that is billed by request. */
const followPauseMs = 500;

/** Prints what the tasks of an execution wrote. */
export function addLogs(program: Command): void {
  const command = program
    .command('logs')
    .description('print what the tasks of an execution wrote')
    .argument('<id>', 'execution id')
    .option('-f, --follow', 'stay until the execution ended')
    .option('--task <task>', 'only this task');
  describeCommand(addConnection(command), [
    { line: 'maestro logs exec_01K…', meaning: 'everything so far' },
    { line: 'maestro logs exec_01K… -f --task sbom', meaning: 'follow one task' },
  ]).action(async (id: string, options: LogOptions) => {
    const kept: LogRecord[] = [];
    const done = await readAll(connect(options), id, options, (line) => {
      if (options.json === true) kept.push(line);
      else process.stdout.write(`${printableLine(renderLine(line))}\n`);
    });
    if (options.json === true) printResult(options, { lines: kept, done }, () => '');
    else if (!done) note('the execution goes on; follow it with -f');
  });
}

/** Hands out every line once; answers whether the execution ended. */
async function readAll(client: MaestroClient, id: string, options: LogOptions, onLine: (line: LogRecord) => void): Promise<boolean> {
  let cursor: string | undefined;
  for (;;) {
    const page = await client.readLogs(id, { task: options.task, cursor });
    page.lines.forEach(onLine);
    const advanced = page.cursor !== undefined && page.cursor !== cursor;
    cursor = page.cursor ?? cursor;
    if (page.done) return true;
    if (advanced && page.lines.length > 0) continue;
    if (options.follow !== true) return false;
    await sleep(followPauseMs);
  }
}

function renderLine(line: LogRecord): string {
  const origin = `${line.taskId}${line.attempt > 1 ? `#${String(line.attempt)}` : ''}`;
  const text = line.stream === 'stderr' ? paint('yellow', line.text) : line.stream === 'system' ? paint('dim', line.text) : line.text;
  return `${paint('dim', line.at)} ${paint('cyan', origin)} ${text}`;
}
