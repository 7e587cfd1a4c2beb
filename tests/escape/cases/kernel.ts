/** Doors into the kernel. Where walking through would change the machine, the arguments are wrong, and only the kernel itself would say so. */
import { nativeAttack, type EscapeCase } from '../escape-case.ts';
import type { Step } from '../../support/native-program.ts';

const path = Buffer.from('/nowhere\0');
const filter = { stoppedBy: 'system call filter', errno: 'EPERM' } as const;
const call = (number: number, ...args: NonNullable<Step['args']>): Step[] => [{ call: number, args }];

const namespaces: EscapeCase[] = [
  nativeAttack({ ...filter, group: 'namespaces', name: 'makes a user namespace', steps: call(272, 0x1000_0000) }),
  nativeAttack({
    ...filter,
    group: 'namespaces',
    name: 'clones into a user namespace',
    steps: [{ call: 56, args: [0x1000_0011], child: 'ends' }],
  }),
  nativeAttack({ ...filter, group: 'namespaces', name: 'joins a namespace', steps: call(308, -1, 0) }),
  nativeAttack({ ...filter, group: 'namespaces', name: 'mounts', steps: call(165, path, path, path, 0, 0) }),
  nativeAttack({ ...filter, group: 'namespaces', name: 'unmounts', steps: call(166, path, 0) }),
  nativeAttack({ ...filter, group: 'namespaces', name: 'opens a tree of mounts', steps: call(428, -1, path, 0) }),
  nativeAttack({ ...filter, group: 'namespaces', name: 'changes its root', steps: call(161, path) }),
  nativeAttack({
    ...filter,
    group: 'namespaces',
    name: 'opens a file by its handle',
    steps: call(303, -100, path, { zeros: 8 }, { zeros: 8 }, 0),
  }),
];

const doors: EscapeCase[] = [
  nativeAttack({
    ...filter,
    group: 'kernel',
    name: 'loads a program into the kernel',
    steps: call(321, 9_999, { zeros: 128 }, 128),
    onlyProvenAsRoot: 'most kernels keep bpf for root',
  }),
  nativeAttack({ ...filter, group: 'kernel', name: 'has the kernel work through a ring', steps: call(425, 1, { zeros: 128 }) }),
  nativeAttack({
    ...filter,
    group: 'kernel',
    name: 'counts events of the processor',
    steps: call(298, { zeros: 128 }, 0, -1, -1, 0),
    onlyProvenAsRoot: 'some kernels keep these events for root',
  }),
  nativeAttack({ ...filter, group: 'kernel', name: 'handles page faults of its own', steps: call(323, 1) }),
  nativeAttack({
    ...filter,
    group: 'kernel',
    name: 'adds a key to the ring of the user',
    steps: call(248, Buffer.from('user\0'), Buffer.from('mc-test\0'), Buffer.from('x'), 1, -2),
  }),
  nativeAttack({ ...filter, group: 'kernel', name: 'reads keys of the session', steps: call(250, 0, -2, 0) }),
  nativeAttack({ ...filter, group: 'kernel', name: 'changes how addresses are drawn', steps: call(135, 0xffff_ffff) }),
  nativeAttack({ ...filter, group: 'kernel', name: 'reads its segment descriptors', steps: call(154, 0, { zeros: 64 }, 64) }),
  nativeAttack({ ...filter, group: 'kernel', name: 'types into the terminal of the home', steps: call(16, 0, 0x5412, path) }),
  nativeAttack({
    ...filter,
    group: 'kernel',
    name: 'types into the terminal, with bits that the kernel does not read',
    steps: call(16, 0, 0x1_0000_5412, path),
  }),
  nativeAttack({ ...filter, group: 'kernel', name: 'uses the numbers of x32', steps: call(0x4000_0000 + 39) }),
  {
    ...nativeAttack({ ...filter, group: 'kernel', name: 'enters by the door for 32-bit programs', steps: [{ call: 20, door: 'i386' }] }),
    evidence: /SIGSYS|exit code 159/,
  },
];

const sockets: EscapeCase[] = [
  nativeAttack({
    group: 'raw sockets',
    name: 'sends packets that it makes itself',
    stoppedBy: 'system call filter',
    errno: 'EAFNOSUPPORT',
    steps: call(41, 17, 3, 0),
  }),
  nativeAttack({
    ...filter,
    group: 'raw sockets',
    name: 'sends datagrams that it makes itself',
    steps: call(41, 2, 3, 1),
    onlyProvenAsRoot: 'only root may have raw sockets',
  }),
  nativeAttack({
    group: 'raw sockets',
    name: 'asks the kernel for its network',
    stoppedBy: 'system call filter',
    errno: 'EAFNOSUPPORT',
    steps: call(41, 16, 3, 0),
  }),
  nativeAttack({
    group: 'raw sockets',
    name: 'hides a family behind high bits',
    stoppedBy: 'system call filter',
    errno: 'EAFNOSUPPORT',
    steps: call(41, 0x1_0000_0010, 3, 0),
  }),
  nativeAttack({
    group: 'raw sockets',
    name: 'makes a pair of another family',
    stoppedBy: 'system call filter',
    errno: 'EAFNOSUPPORT',
    steps: call(53, 2, 1, 0, { zeros: 8 }),
  }),
];

export default [...namespaces, ...doors, ...sockets];
