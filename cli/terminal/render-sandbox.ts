/** What `maestro up` says about the sandbox of this machine: what it is, why it is no stronger one, and what it does not stop. */
import type { SandboxDescription } from '../../runner/sandbox/sandbox-runner.ts';
import { paint, paintError } from './paint.ts';

/** A reason may quote the whole log of a probe. */
const reasonChars = 200;

/** The level, its tools, and one line for each stronger way that did not work. */
export function renderSandbox({ level, tools, refused, warm }: SandboxDescription): string[] {
  const reasons = refused.map((reason) => `refused: ${reason.replaceAll(/\s+/g, ' ').slice(0, reasonChars)}`);
  const ready = warm === undefined ? '' : `, ${warm} kept ready at most`;
  return [`${paint(level === 'bubblewrap-seccomp' ? 'green' : 'yellow', level)} (${tools})${ready}`, ...reasons];
}

/** What an operator has to know before anybody else's package runs here; nothing when the sandbox is whole. */
export function sandboxWarnings({ level, networkBlocked, processesHidden }: SandboxDescription): string[] {
  const shout = (text: string): string => paintError(['red', 'bold'], text);
  const fix = 'Install bubblewrap; `maestro up --sandbox bubblewrap-seccomp` then refuses anything less.';
  const lines: string[] = [];
  if (!networkBlocked) lines.push(shout('WARNING: TASKS REACH THE NETWORK FROM THIS MACHINE; NOTHING HERE BLOCKS IT.'));
  if (!processesHidden) lines.push(shout('WARNING: TASKS CAN SIGNAL AND KILL THE PROCESSES OF THIS USER, THIS HOME AMONG THEM.'));
  if (level === 'bubblewrap')
    lines.push('Tasks see the whole kernel of this machine: there is no system call filter, and limits are fewer.');
  else if (level !== 'bubblewrap-seccomp')
    lines.push(`The sandbox ${level} keeps mistakes in, not attackers: run no packages of others. ${fix}`);
  return lines;
}
