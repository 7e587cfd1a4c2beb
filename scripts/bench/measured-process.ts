/** A measured process at the other end of an IPC channel: told by name, and it answers with messages that say their kind. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** The next message of this kind; rejects when the process ends before. `M` is what the process sends, a file of this project. */
export async function receive<M extends { kind: string }, K extends M['kind']>(
  child: ChildProcess,
  kind: K,
): Promise<Extract<M, { kind: K }>> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      child.off('message', onMessage).off('exit', onExit);
      outcome();
    };
    const onExit = (code: number | null): void => settle(() => reject(new Error(`the measured home ended with ${String(code)}`)));
    const onMessage = (message: M): void => {
      if (message.kind === kind) settle(() => resolve(message as Extract<M, { kind: K }>)); // The kind was just compared.
    };
    child.on('message', onMessage).on('exit', onExit);
  });
}

/** Tells it to end, and waits until it has. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, 'exit');
  if (child.connected) child.send('end');
  await exit;
}
