import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** How long a process may take to end when it was asked to. */
const usualGraceMs = 10_000;

/** Ends a process: asks it when there is a way to, kills it when there is none or it does not listen, and waits until it is gone. */
export async function endProcess(child: ChildProcess, ask?: () => unknown, graceMs = usualGraceMs): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  if (ask) {
    ask();
    const late = new AbortController();
    const hasEnded = await Promise.race([ended.then(() => true), delay(graceMs, false, { signal: late.signal })]);
    late.abort();
    if (hasEnded) return;
  }
  child.kill('SIGKILL');
  await ended;
}
