/**
 * The system call filter of a task: an allow list, so a call nobody thought of is refused. It sees numbers and registers, never memory; what
 * needs memory to be judged (clone3) is refused, and the C library falls back to what can be judged.
 */
import { assembleBpf, type BpfLine } from './bpf.ts';
import { allowedCalls, judgedCalls, refusedCalls } from './x64-calls.ts';

/** AUDIT_ARCH_X86_64. */
const archX64 = 0xc000_003e;
/** __X32_SYSCALL_BIT: the same architecture with other numbers, which would pass a filter by number. */
const x32Bit = 0x4000_0000;

/** Offsets in `struct seccomp_data`; of an argument the low half, because the kernel reads these arguments as 32 bits. */
const offsetOf = { number: 0, arch: 4, argument: (index: number) => 16 + 8 * index };

const errno = { EPERM: 1, ENOSYS: 38, EPROTONOSUPPORT: 93, EAFNOSUPPORT: 97 } as const;
const verdicts: Readonly<Record<string, number>> = {
  kill: 0x8000_0000, // SECCOMP_RET_KILL_PROCESS: only an attack enters the kernel by another door.
  allow: 0x7fff_0000,
  ...Object.fromEntries(Object.entries(errno).map(([name, value]) => [name, 0x0005_0000 | value])),
};

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const namespaceFlags = 0x7e02_0000;
/** CLONE_THREAD: without it clone makes a process, and a task has just the one. */
const threadFlag = 0x0001_0000;
/** MAP_SHARED and MAP_GROWSDOWN: RLIMIT_DATA counts the memory of neither, so with them a task could take all of the machine. Node uses neither. */
const uncountedMemory = 0x0101;
/** Both put text into a terminal as if somebody typed it. */
const terminalInput = { TIOCSTI: 0x5412, TIOCLINUX: 0x541c };
const families = { AF_UNIX: 1, AF_INET: 2, AF_INET6: 10 };
/** Stream and datagram; raw and packet sockets make their own headers. */
const socketTypes = { SOCK_STREAM: 1, SOCK_DGRAM: 2, mask: 0xf };
/** By default, TCP, UDP: each further protocol is kernel code that no task needs. */
const protocols = [0, 6, 17];

const load = (offset: number): BpfLine => ({ do: 'load', value: offset });
const ifEqual = (value: number, yes: string, no?: string): BpfLine => ({ do: 'jumpIfEqual', value, yes, ...(no && { no }) });

/** What becomes of each number: a verdict, or the name of a call whose arguments decide. */
function callVerdicts(): Map<number, string> {
  const found = new Map<number, string>();
  for (const group of Object.values(allowedCalls)) for (const number of Object.values(group)) found.set(number, 'allow');
  for (const group of Object.values(refusedCalls)) for (const number of Object.values(group)) found.set(number, 'EPERM');
  for (const [name, number] of Object.entries(judgedCalls)) found.set(number, name);
  return found;
}

interface Range {
  from: number;
  verdict: string;
}

/** All numbers from 0 on, as stretches of equal verdict. */
function ranges(calls: ReadonlyMap<number, string>): Range[] {
  const found: Range[] = [];
  const last = Math.max(...calls.keys()) + 1;
  for (let number = 0; number <= last; number++) {
    const verdict = calls.get(number) ?? 'ENOSYS';
    if (found.at(-1)?.verdict !== verdict) found.push({ from: number, verdict });
  }
  return found;
}

/** A binary search for the number in the accumulator, which ends in a jump to its verdict. */
function search(all: readonly Range[], low: number, high: number): BpfLine[] {
  const middle = (low + high + 1) >> 1;
  const { from = 0 } = all[middle] ?? {};
  const isLeaf = (first: number, end: number): boolean => end === first;
  const target = (first: number, end: number): string | undefined => (isLeaf(first, end) ? all[first]?.verdict : undefined);
  const right = target(middle, high) ?? `from ${middle} to ${high}`;
  const left = target(low, middle - 1);
  return [
    { do: 'jumpIfAtLeast', value: from, yes: right, ...(left === undefined ? {} : { no: left }) },
    ...(isLeaf(low, middle - 1) ? [] : search(all, low, middle - 1)),
    ...(isLeaf(middle, high) ? [] : [{ mark: right }, ...search(all, middle, high)]),
  ];
}

/** Calls whose arguments decide, each at its own mark. */
const judgements: readonly BpfLine[] = [
  { mark: 'mmap' },
  load(offsetOf.argument(3)),
  { do: 'jumpIfAnyBit', value: uncountedMemory, yes: 'EPERM', no: 'allow' },
  { mark: 'ioctl' },
  load(offsetOf.argument(1)),
  ifEqual(terminalInput.TIOCSTI, 'EPERM'),
  ifEqual(terminalInput.TIOCLINUX, 'EPERM', 'allow'),
  { mark: 'socketpair' },
  load(offsetOf.argument(0)),
  ifEqual(families.AF_UNIX, 'allow', 'EAFNOSUPPORT'),
  { mark: 'clone' },
  load(offsetOf.argument(0)),
  { do: 'jumpIfAnyBit', value: namespaceFlags, yes: 'EPERM' },
  { do: 'jumpIfAnyBit', value: threadFlag, yes: 'allow', no: 'EPERM' },
  { mark: 'socket' },
  load(offsetOf.argument(0)),
  ifEqual(families.AF_UNIX, 'allow'),
  ifEqual(families.AF_INET, 'internet'),
  ifEqual(families.AF_INET6, 'internet', 'EAFNOSUPPORT'),
  { mark: 'internet' },
  load(offsetOf.argument(1)),
  { do: 'and', value: socketTypes.mask },
  ifEqual(socketTypes.SOCK_STREAM, 'protocol'),
  ifEqual(socketTypes.SOCK_DGRAM, 'protocol', 'EPERM'),
  { mark: 'protocol' },
  load(offsetOf.argument(2)),
  ...protocols.map((value, index) => ifEqual(value, 'allow', index === protocols.length - 1 ? 'EPROTONOSUPPORT' : undefined)),
];

/** Why there is no filter for an architecture, or undefined. Without a tested table a filter would let through what it should not. */
export function missingFilter(arch: string): string | undefined {
  return arch === 'x64' ? undefined : `seccomp: this version has a tested table of system calls for x64 only, not for ${arch}`;
}

/** The filter for x64 as the kernel takes it; the same bytes in every process. */
export function seccompFilter(): Uint8Array {
  const all = ranges(callVerdicts());
  return assembleBpf([
    load(offsetOf.arch),
    ifEqual(archX64, 'x64', 'kill'),
    { mark: 'kill' },
    { do: 'return', value: verdicts['kill'] ?? 0 },
    { mark: 'x64' },
    load(offsetOf.number),
    { do: 'jumpIfAtLeast', value: x32Bit, yes: 'EPERM' },
    // clone3 takes its flags in memory, where a filter cannot look: ENOSYS makes the C library use clone.
    ...search(
      all.map((range) => (range.verdict === 'clone3' ? { ...range, verdict: 'ENOSYS' } : range)),
      0,
      all.length - 1,
    ),
    ...judgements,
    ...Object.entries(verdicts).flatMap(([mark, value]): BpfLine[] => (mark === 'kill' ? [] : [{ mark }, { do: 'return', value }])),
  ]);
}
