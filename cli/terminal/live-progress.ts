/**
 * Shows a run while it runs, on standard error: a block that is redrawn on a terminal, one line per change elsewhere. It shows states it
 * was given and never asks for any.
 */
import { printable } from '../../shared/core/text/printable.ts';
import type { Execution } from '../../shared/execution/execution.ts';
import { renderState } from './render-execution.ts';
import { inTaskOrder } from './task-order.ts';

export interface LiveProgress {
  show(execution: Execution): void;
  /** Takes the block away, so that the final result stands alone. */
  clear(): void;
}

export function liveProgress(stream: NodeJS.WriteStream = process.stderr): LiveProgress {
  return stream.isTTY ? redrawing(stream) : oneLinePerChange(stream);
}

function redrawing(stream: NodeJS.WriteStream): LiveProgress {
  let drawn = 0;
  const clear = (): void => {
    if (drawn > 0) stream.write(`\u001b[${String(drawn)}A\u001b[0J`);
    drawn = 0;
  };
  return {
    clear,
    show(execution) {
      // A block taller than the window could not be taken back.
      const room = Math.max((stream.rows || 24) - 3, 1);
      const width = Math.max(...execution.tasks.map((task) => printable(task.id).length), 0);
      const rows = inTaskOrder(execution.tasks)
        .slice(0, room)
        .map((task) => `  ${printable(task.id).padEnd(width)}  ${renderState(task.state)}${attemptNote(task.attempts.length)}`);
      const hidden = execution.tasks.length - rows.length;
      const lines = [`${execution.id}  ${renderState(execution.state)}`, ...rows, ...(hidden > 0 ? [`  … ${String(hidden)} more`] : [])];
      clear();
      stream.write(`${lines.join('\n')}\n`);
      drawn = lines.length;
    },
  };
}

function oneLinePerChange(stream: NodeJS.WriteStream): LiveProgress {
  const seen = new Map<string, string>();
  const say = (key: string, text: string): void => {
    if (seen.get(key) === text) return;
    seen.set(key, text);
    stream.write(`${text}\n`);
  };
  return {
    clear: () => undefined,
    show(execution) {
      for (const task of inTaskOrder(execution.tasks)) {
        if (task.state !== 'blocked') say(task.id, `  ${printable(task.id)}: ${task.state}${attemptNote(task.attempts.length)}`);
      }
      say('', `${execution.id}: ${execution.state}`);
    },
  };
}

function attemptNote(attempts: number): string {
  return attempts > 1 ? ` (attempt ${String(attempts)})` : '';
}
