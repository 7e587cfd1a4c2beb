/**
 * The level below bubblewrap: Node's permission model keeps the task from files, child processes, workers and addons. It is advisory, and Node 24 has no
 * permission for the network: that goes away only where an unprivileged network namespace can be had.
 */
import { findProgram } from './find-program.ts';
import type { Command, CommandLimits, Isolation, TaskPlaces } from './isolation.ts';
import { childMain, dataLimitBytes, nodeArguments } from './node-arguments.ts';
import { egressSocket, type TaskFolder } from './task-folder.ts';

const placesOf = (folder: TaskFolder): TaskPlaces => ({
  entry: folder.entry,
  workspace: folder.workspace,
  scratch: folder.scratch,
  egress: egressSocket(folder),
});

interface Tools {
  unshare?: string;
  setpriv?: string;
  prlimit?: string;
  /** Whether the capabilities can be given up: in a namespace of our own, or as root. */
  dropsCapabilities?: boolean;
  /** Whether the task gets a process namespace too, in which there is no other process to send a signal to. */
  hidesProcesses?: boolean;
}

const diesWithParent = ['--pdeathsig', 'KILL', '--'];

/** The first process of a process namespace has to be a new one; unshare waits for it and ends the way it did. */
function processNamespace({ unshare, setpriv, hidesProcesses }: Tools): string[] {
  if (unshare === undefined || setpriv === undefined || hidesProcesses !== true) return [];
  return [setpriv, ...diesWithParent, unshare, '--pid', '--fork', '--kill-child=KILL', '--'];
}

/** Programs that run what follows them, outermost first; each replaces itself but the one that makes a process namespace. */
function wrappers(tools: Tools, limits: CommandLimits): string[] {
  const drop = tools.dropsCapabilities === true ? ['--inh-caps=-all', '--bounding-set=-all'] : [];
  return [
    ...(tools.unshare === undefined ? [] : [tools.unshare, '--user', '--map-root-user', '--net', '--ipc', '--']),
    // The death signal is set after the user namespace: changing credentials would clear it.
    ...processNamespace(tools),
    ...(tools.setpriv === undefined ? [] : [tools.setpriv, '--no-new-privs', ...drop, ...diesWithParent]),
    ...(tools.prlimit === undefined
      ? []
      : [tools.prlimit, `--data=${dataLimitBytes(limits.memoryBytes)}`, `--fsize=${limits.scratchBytes}`, '--core=0', '--']),
  ];
}

function isolation(name: string, nodePath: string, tools: Tools): Isolation {
  return {
    level: 'node-permission',
    name,
    networkBlocked: tools.unshare !== undefined,
    processesHidden: tools.hidesProcesses === true,
    scratchBounded: false,
    places: placesOf,
    command: (folder, limits): Command => {
      const node = [nodePath, ...nodeArguments(childMain, placesOf(folder), limits.memoryBytes)];
      const [program = nodePath, ...args] = [...wrappers(tools, limits), ...node];
      return { program, args, reportsPid: false };
    },
  };
}

/** The variants this machine has tools for, strongest first; the last one needs nothing but Node. */
export function findPermissionVariants(nodePath: string): Isolation[] {
  const [unshare, setpriv, prlimit] = ['unshare', 'setpriv', 'prlimit'].map(findProgram);
  const variants: Isolation[] = [];
  if (setpriv !== undefined && prlimit !== undefined) {
    if (unshare !== undefined) {
      const namespaces = { unshare, setpriv, prlimit, dropsCapabilities: true };
      variants.push(
        isolation('network and process namespace + prlimit + Node permissions', nodePath, { ...namespaces, hidesProcesses: true }),
        isolation('network namespace + prlimit + Node permissions', nodePath, namespaces),
      );
    }
    variants.push(isolation('prlimit + Node permissions, no capabilities', nodePath, { setpriv, prlimit, dropsCapabilities: true }));
    variants.push(isolation('prlimit + Node permissions', nodePath, { setpriv, prlimit }));
  }
  variants.push(isolation('Node permissions', nodePath, {}));
  return variants;
}
