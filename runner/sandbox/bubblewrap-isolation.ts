/**
 * The stronger level: own namespaces for users, processes, network, mounts and IPC. The task sees Node, the system's libraries, its package, its
 * workspace (all read-only), a scratch file system of limited size, and nothing else of the machine.
 */
import { findProgram } from './find-program.ts';
import type { Isolation, TaskPlaces } from './isolation.ts';
import { childMain, dataLimitBytes, nodeArguments, taskEnvironment } from './node-arguments.ts';

const places: TaskPlaces = { entry: '/mc/package/index.mjs', workspace: '/workspace', scratch: '/scratch' };

/** Only libraries: without /usr/bin there is no shell and no interpreter but Node to run. */
const libraries = ['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/etc/ld.so.cache'];

/** Node 24 needs about 12 threads; below 16 it hangs, and a fork bomb needs far more than 64. */
const processLimit = 64;

const namespaceArguments = [
  '--unshare-all',
  // Node itself is the first process: bubblewrap's own would be left to init, dead and uncollected, at the end of every task.
  '--as-pid-1',
  '--die-with-parent',
  '--new-session',
  '--cap-drop',
  'ALL',
  '--clearenv',
  '--hostname',
  'task',
  '--json-status-fd',
  '5',
];

/** Bubblewrap on this machine, or undefined without it. Whether namespaces are allowed here only a probe can tell. */
export function findBubblewrap(nodePath: string): Isolation | undefined {
  const bwrap = findProgram('bwrap');
  const prlimit = findProgram('prlimit');
  if (bwrap === undefined) return undefined;
  const limited = (memoryBytes: number): string[] =>
    prlimit === undefined ? [] : ['/mc/prlimit', `--nproc=${processLimit}`, `--data=${dataLimitBytes(memoryBytes)}`, '--core=0', '--'];
  return {
    level: 'bubblewrap',
    name: prlimit === undefined ? 'bwrap' : 'bwrap + prlimit',
    networkBlocked: true,
    processesHidden: true,
    scratchBounded: true,
    places: () => places,
    command: (folder, limits) => ({
      program: bwrap,
      reportsPid: true,
      args: [
        ...namespaceArguments,
        ...libraries.flatMap((path) => ['--ro-bind-try', path, path]),
        ...['--ro-bind', nodePath, '/mc/node'],
        ...(prlimit === undefined ? [] : ['--ro-bind', prlimit, '/mc/prlimit']),
        ...['--ro-bind', childMain, '/mc/child-main.mjs'],
        ...['--ro-bind', folder.entry, places.entry],
        ...['--ro-bind', folder.workspace, places.workspace],
        ...['--size', String(limits.scratchBytes), '--tmpfs', places.scratch],
        ...['--proc', '/proc', '--dev', '/dev'],
        // Last, because mounts need them writable until here. Otherwise /dev/shm would be scratch without a limit.
        ...['--remount-ro', '/dev', '--remount-ro', '/'],
        ...Object.entries(taskEnvironment(places)).flatMap(([name, value]) => ['--setenv', name, value]),
        ...['--chdir', places.workspace],
        ...limited(limits.memoryBytes),
        '/mc/node',
        ...nodeArguments('/mc/child-main.mjs', places, limits.memoryBytes),
      ],
    }),
  };
}
