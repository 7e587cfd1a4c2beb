import type { EscapeCase } from '../escape-case.ts';
import { nativeAttack } from '../escape-case.ts';
import { bystander, victim } from '../targets.ts';
import type { Step } from '../../support/native-program.ts';

const alone = { from: 'node', stoppedBy: 'process namespace', target: bystander } as const;

const proc: EscapeCase[] = [
  {
    ...alone,
    group: '/proc',
    name: 'sees the processes of the machine',
    evidence: /saw only 1/,
    code: "const seen = fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)); if (!seen.includes(String(inputs.pid))) throw new Error('saw only ' + seen);",
  },
  {
    ...alone,
    group: '/proc',
    name: 'reads the environment of another process',
    evidence: /^ENOENT/,
    code: "return fs.readFileSync('/proc/' + inputs.pid + '/environ', 'utf8');",
  },
  {
    ...alone,
    group: '/proc',
    name: 'reads the command line of the home',
    evidence: /^ENOENT/,
    code: "return fs.readFileSync('/proc/' + inputs.host + '/cmdline', 'utf8');",
  },
  {
    ...alone,
    group: '/proc',
    name: 'reads open files of another process',
    evidence: /^ENOENT/,
    code: "return fs.readdirSync('/proc/' + inputs.host + '/fd');",
  },
  {
    ...alone,
    group: '/proc',
    name: 'walks into the root of another process',
    evidence: /^ENOENT/,
    code: "return fs.readdirSync('/proc/' + inputs.pid + '/root/');",
  },
  {
    from: 'node',
    group: '/proc',
    name: 'changes settings of the kernel',
    stoppedBy: 'mount namespace',
    evidence: /^ENOENT/,
    onlyProvenAsRoot: 'only root may change settings',
    code: "const file = '/proc/sys/kernel/panic'; fs.writeFileSync(file, fs.readFileSync(file));",
  },
];

const signals: EscapeCase[] = [
  { ...alone, group: 'signals', name: 'asks for another process', evidence: /^ESRCH/, code: 'process.kill(inputs.pid, 0);' },
  {
    ...alone,
    group: 'signals',
    name: 'kills another process',
    evidence: /^ESRCH/,
    target: victim,
    code: "process.kill(inputs.pid, 'SIGKILL');",
  },
  {
    ...alone,
    group: 'signals',
    name: 'opens the debugger of another process',
    evidence: /ESRCH/,
    code: 'process._debugProcess(inputs.pid);',
  },
  {
    ...alone,
    group: 'signals',
    name: 'slows another process down',
    evidence: /ESRCH|no such process/i,
    code: 'os.setPriority(inputs.pid, 19);',
  },
  nativeAttack({
    group: 'signals',
    name: 'asks for every process at once',
    stoppedBy: 'process namespace',
    errno: 'ESRCH',
    steps: [{ call: 62, args: [-1, 0] }],
  }),
  nativeAttack({
    group: 'signals',
    name: 'signals a process by its descriptor',
    stoppedBy: 'system call filter',
    errno: 'EPERM',
    steps: [{ call: 424, args: [-1, 0, 0, 0] }],
  }),
  {
    from: 'node',
    group: 'signals',
    name: 'lives on past its deadline, deaf to all signals',
    stoppedBy: 'deadline',
    evidence: /^timeout: .* was killed/,
    limits: { timeoutMs: 700 },
    code: "for (const name of Object.keys(os.constants.signals)) try { process.on(name, () => {}); } catch {} const end = Date.now() + 1200; while (Date.now() < end); return 'lived';",
  },
];

/** Something for each call to point at. */
const word = { zeros: 64 };
const self: Step = { call: 39 };

const others: EscapeCase[] = [
  nativeAttack({
    group: 'ptrace',
    name: 'has itself traced',
    stoppedBy: 'system call filter',
    errno: 'EPERM',
    steps: [{ call: 101, args: [0, 0, 0, 0] }],
  }),
  nativeAttack({
    group: 'ptrace',
    name: 'attaches to a process',
    stoppedBy: 'system call filter',
    errno: 'EPERM',
    steps: [{ call: 101, args: [0x4206, 0x7fff_fff0, 0, 0] }],
  }),
  nativeAttack({
    group: 'ptrace',
    name: 'reads the memory of a process',
    stoppedBy: 'system call filter',
    errno: 'EPERM',
    steps: [self, { call: 310, args: [{ result: 0 }, word, 0, word, 0, 0] }],
  }),
  nativeAttack({
    group: 'ptrace',
    name: 'writes the memory of a process',
    stoppedBy: 'system call filter',
    errno: 'EPERM',
    steps: [self, { call: 311, args: [{ result: 0 }, word, 0, word, 0, 0] }],
  }),
  nativeAttack({
    group: 'ptrace',
    name: 'opens a process',
    stoppedBy: 'system call filter',
    errno: 'EPERM',
    steps: [self, { call: 434, args: [{ result: 0 }, 0] }],
  }),
  nativeAttack({
    group: 'ptrace',
    name: 'takes a descriptor of another process',
    stoppedBy: 'system call filter',
    errno: 'EPERM',
    steps: [{ call: 438, args: [-1, 0, 0] }],
  }),
];

/** CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM: a thread that shares all and waits for ever. */
const thread: Step = { call: 56, args: [0x50f00, { zeros: 64 }], child: 'pauses' };

const bombs: EscapeCase[] = [
  nativeAttack({
    group: 'fork bomb',
    name: 'forks',
    stoppedBy: 'system call filter',
    errno: 'EPERM',
    steps: [{ call: 57, child: 'ends' }],
  }),
  nativeAttack({
    group: 'fork bomb',
    name: 'clones a process',
    stoppedBy: 'system call filter',
    errno: 'EPERM',
    steps: [{ call: 56, args: [17], child: 'ends' }],
  }),
  nativeAttack({
    group: 'fork bomb',
    name: 'clones a process by the newer call',
    stoppedBy: 'system call filter',
    errno: 'ENOSYS',
    steps: [{ call: 435, args: [Uint8Array.from([...Array<number>(32).fill(0), 17, ...Array<number>(31).fill(0)]), 64], child: 'ends' }],
  }),
  nativeAttack({
    group: 'fork bomb',
    name: 'starts 150 threads',
    stoppedBy: 'thread limit',
    errno: 'EAGAIN',
    steps: Array.from({ length: 150 }, () => thread),
  }),
  {
    from: 'node',
    group: 'fork bomb',
    name: 'starts a program',
    stoppedBy: 'system call filter',
    evidence: /EPERM/,
    code: "const { error } = processes.spawnSync(process.execPath, ['-e', '0']); if (error) throw error;",
  },
];

export default [...proc, ...signals, ...others, ...bombs];
