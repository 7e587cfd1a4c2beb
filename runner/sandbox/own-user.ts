/**
 * A user of its own for every task of a home that runs as root. Root's processes are not counted against RLIMIT_NPROC (the kernel excepts uid 0, in a user
 * namespace too), and files of root are theirs by uid even without capabilities.
 */
import { randomInt } from 'node:crypto';

/** Above what systemd and containers hand out, below 2^31, which some programs read as negative. */
const firstUser = 2_000_000_000;
const users = 147_000_000;

/** Whether tasks have to be given another user than ours. */
export function runsAsRoot(): boolean {
  return process.getuid?.() === 0;
}

/** A user that nobody is; drawn anew for every attempt, so that no two of them share a count of threads. */
export function drawUser(): number {
  return firstUser + randomInt(users);
}

/** Arguments of `setpriv` that become this user for good. */
export function becomeUser(user: number): string[] {
  return [
    ...[`--reuid=${user}`, `--regid=${user}`, '--clear-groups'],
    ...['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all', '--no-new-privs', '--'],
  ];
}

/** How many children below the outermost of these programs the first process of the sandbox is: unshare's, then bubblewrap's. */
export const generationsBelow = 2;

/**
 * What goes around bubblewrap so that no task of another user outlives the home. The kernel asks for leave before it delivers a death signal, and bubblewrap, which has
 * given up its capabilities, may not kill another user's process; the end of the process namespace that bubblewrap is the first in needs no leave.
 */
export function endWithHome({ setpriv, unshare }: { setpriv: string; unshare: string }): string[] {
  return [setpriv, '--pdeathsig', 'KILL', '--', unshare, '--pid', '--fork', '--kill-child=KILL', '--'];
}
