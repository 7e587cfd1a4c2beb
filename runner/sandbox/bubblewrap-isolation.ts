/**
 * The two levels on bubblewrap: own namespaces for users, processes, network, mounts and IPC. The task sees Node, the system's libraries, its package, its
 * workspace (all read-only), a scratch file system of limited size, and nothing else of the machine. The stronger level has the system call filter and
 * the limits of the kernel too, always both; what they need and this machine lacks is said, never left out.
 */
import { dirname } from 'node:path';
import { existsSync } from 'node:fs';
import { findProgram } from './find-program.ts';
import type { Command, CommandLimits, Isolation, TaskPlaces } from './isolation.ts';
import { childEgress, childMain, dataLimitBytes, nodeArguments, taskEnvironment } from './node-arguments.ts';
import { becomeUser, drawUser, endWithHome, generationsBelow, runsAsRoot } from './own-user.ts';
import { processorSeconds, resourceLimits } from './resource-limits.ts';
import { missingFilter, seccompFilter } from './seccomp/seccomp-filter.ts';
import type { TaskFolder } from './task-folder.ts';

const places: TaskPlaces = {
  entry: '/mc/package/index.mjs',
  workspace: '/workspace',
  scratch: '/scratch',
  egress: '/mc/egress/proxy.sock',
};

/** Only libraries: without /usr/bin there is no shell and no interpreter but Node to run. */
const libraries = ['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/etc/ld.so.cache'];

/**
 * Settings of the kernel and of hardware. Bubblewrap leaves those writable for who is root outside: /proc/sys asks for the uid alone, and through
 * core_pattern there a task would have the kernel start a program of its choice as root.
 */
const hiddenFromProc = ['/proc/sys', '/proc/irq', '/proc/bus', '/proc/acpi', '/proc/fs', '/proc/scsi'].filter((path) => existsSync(path));

/** Of the level without limits by class. */
const processLimit = 64;

const namespaceArguments = [
  // Node itself is the first process: bubblewrap's own would be left to init, dead and uncollected, at the end of every task.
  '--as-pid-1',
  '--die-with-parent',
  '--new-session',
  '--clearenv',
  '--hostname',
  'task',
  '--json-status-fd',
  '5',
  '--cap-drop',
  'ALL',
];

/** A user namespace of root would leave the task root's uid. Without one, root gives up its uid inside, and with it every capability. */
const withoutUserNamespace = [
  ...['--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--unshare-cgroup-try'],
  ...['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((capability) => ['--cap-add', capability]),
];

/** The descriptor on which bubblewrap reads the filter; it closes it before the task starts. */
const filterFd = 6;

interface Tools {
  bwrap: string;
  nodePath: string;
  prlimit?: string | undefined;
  /** Set where the task has to become another user than root. */
  root?: { setpriv: string; unshare: string } | undefined;
}

const bindTool = (path: string | undefined, name: string): string[] => (path === undefined ? [] : ['--ro-bind', path, `/mc/${name}`]);

/** What the task sees of files, and the whole of its environment. */
function rootArguments(tools: Tools, folder: TaskFolder, scratchBytes: number): string[] {
  return [
    // Bubblewrap makes folders for its own user alone, and the task may be another one.
    ...['/etc', '/usr', '/mc'].flatMap((path) => ['--perms', '0755', '--dir', path]),
    ...libraries.flatMap((path) => ['--ro-bind-try', path, path]),
    ...bindTool(tools.nodePath, 'node'),
    ...bindTool(tools.prlimit, 'prlimit'),
    ...bindTool(tools.root?.setpriv, 'setpriv'),
    ...['--ro-bind', childMain, '/mc/child-main.mjs'],
    ...['--ro-bind', childEgress, '/mc/child-egress.mjs'],
    // Empty but for a task with egress. A socket can be connected to although the mount is read-only.
    ...['--ro-bind', folder.egress, dirname(places.egress)],
    // The folder, not the module: it may come after the sandbox was started.
    ...['--ro-bind', dirname(folder.entry), dirname(places.entry)],
    ...['--ro-bind', folder.workspace, places.workspace],
    // Writable for the user that the task becomes; who that is does not matter, because it is alone in there.
    ...(tools.root === undefined ? [] : ['--perms', '0777']),
    ...['--size', String(scratchBytes), '--tmpfs', places.scratch],
    ...['--proc', '/proc', '--dev', '/dev'],
    ...hiddenFromProc.flatMap((path) => ['--size', '4096', '--tmpfs', path, '--remount-ro', path]),
    // Last, because mounts need them writable until here. Otherwise /dev/shm would be scratch without a limit.
    ...['--remount-ro', '/dev', '--remount-ro', '/'],
    ...Object.entries(taskEnvironment(places)).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--chdir', places.workspace],
  ];
}

const nodeCommand = (limits: CommandLimits): string[] => ['/mc/node', ...nodeArguments('/mc/child-main.mjs', places, limits.memoryBytes)];

const shared = { networkBlocked: true, processesHidden: true, scratchBounded: true, places: () => places };

/** The level without a filter, as it works on every architecture. */
function unfiltered(tools: Tools): Isolation {
  const limited = (memoryBytes: number): string[] =>
    tools.prlimit === undefined
      ? []
      : ['/mc/prlimit', `--nproc=${processLimit}`, `--data=${dataLimitBytes(memoryBytes)}`, '--core=0', '--'];
  return {
    ...shared,
    level: 'bubblewrap',
    name: tools.prlimit === undefined ? 'bwrap' : 'bwrap + prlimit',
    command: (folder, limits): Command => {
      const root = rootArguments(tools, folder, limits.scratchBytes);
      const args = ['--unshare-all', ...namespaceArguments, ...root, ...limited(limits.memoryBytes), ...nodeCommand(limits)];
      return { program: tools.bwrap, reportsPid: true, args };
    },
  };
}

/** The level with everything. The filter is on before the first of the programs inside, so nothing runs without it. */
function filtered(tools: Tools): Isolation {
  const { bwrap, root } = tools;
  const filter = seccompFilter();
  const namespaces = root === undefined ? ['--unshare-all', ...namespaceArguments] : [...namespaceArguments, ...withoutUserNamespace];
  const [program = bwrap, ...around] = [...(root === undefined ? [] : endWithHome(root)), bwrap];
  return {
    ...shared,
    level: 'bubblewrap-seccomp',
    processorSeconds,
    name: `bwrap + seccomp + prlimit${root === undefined ? '' : ' + own user'}`,
    command: (folder, limits): Command => {
      const user = root === undefined ? [] : ['/mc/setpriv', ...becomeUser(drawUser())];
      const inside = [...user, '/mc/prlimit', ...resourceLimits(limits), '--', ...nodeCommand(limits)];
      const sandbox = [...namespaces, '--seccomp', String(filterFd), ...rootArguments(tools, folder, limits.scratchBytes), ...inside];
      return { program, reportsPid: true, filter, args: [...around, ...sandbox], ...(root && { generations: generationsBelow }) };
    },
  };
}

/** What this machine has the tools for, strongest first, and why a level is missing. Whether namespaces are allowed here only a probe can tell. */
export function findBubblewrap(nodePath: string, arch: string = process.arch): { isolations: Isolation[]; missing: string[] } {
  const [bwrap, prlimit, setpriv, unshare] = ['bwrap', 'prlimit', 'setpriv', 'unshare'].map(findProgram);
  const root = setpriv === undefined || unshare === undefined ? undefined : { setpriv, unshare };
  if (bwrap === undefined) return { isolations: [], missing: ['bwrap: this machine does not have the program'] };
  const missing = [
    missingFilter(arch),
    prlimit === undefined ? 'prlimit: this machine does not have the program, so there is no limit on threads and data' : undefined,
    runsAsRoot() && root === undefined
      ? 'setpriv, unshare: this machine does not have both programs, so a task of root stays root'
      : undefined,
  ].filter((reason) => reason !== undefined);
  const isolations = [unfiltered({ bwrap, nodePath, prlimit })];
  if (missing.length === 0) isolations.unshift(filtered({ bwrap, nodePath, prlimit, root: runsAsRoot() ? root : undefined }));
  return { isolations, missing };
}
