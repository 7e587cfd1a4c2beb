import { describe, expect, test } from '@jest/globals';
import { allowedCalls, judgedCalls, refusedCalls } from '../../../runner/sandbox/seccomp/x64-calls.ts';
import { missingFilter, seccompFilter } from '../../../runner/sandbox/seccomp/seccomp-filter.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import { judgeCall } from '../../support/judge-call.ts';

const x64 = 0xc000003e;
const entriesOf = (groups: Readonly<Record<string, Readonly<Record<string, number>>>>): [string, number][] =>
  Object.values(groups).flatMap((group) => Object.entries(group));
const judge = (call: number, args: readonly bigint[] = [], arch = x64): string => judgeCall(seccompFilter(), { arch, call, args });

describe('the system call filter', () => {
  test('is these bytes: whoever changes it changes this line, and says why', () => {
    const filter = seccompFilter();
    expect([filter.length / 8, digestBytes(filter)]).toMatchInlineSnapshot(`
      [
        135,
        "sha256:4790f2724a586b2e9d005ef274ac4a70d9e8231ab88765b6361f9b55042b66fe",
      ]
    `);
  });

  test('exists for x64 only; for another architecture there is a reason instead', () => {
    expect(missingFilter('x64')).toBeUndefined();
    expect(missingFilter('arm64')).toContain('not for arm64');
  });

  test('kills who enters the kernel by the door of another architecture', () => {
    for (const arch of [0x40000003, 0xc00000b7, 0]) expect(judge(39, [], arch)).toBe('kill');
  });

  test('refuses every number of x32, also of calls that are allowed', () => {
    for (const [, call] of entriesOf(allowedCalls)) expect(judge(0x4000_0000 + call)).toBe('EPERM');
    expect(judge(0xffff_ffff)).toBe('EPERM');
  });

  test('lets every call through that it lists, refuses every other that it lists, and knows no third', () => {
    const allowed = new Map(entriesOf(allowedCalls).map(([name, call]) => [call, name]));
    const refused = new Map(entriesOf(refusedCalls).map(([name, call]) => [call, name]));
    const judged = new Set<number>(Object.values(judgedCalls));
    for (let call = 0; call < 1_024; call++) {
      if (judged.has(call)) continue;
      expect([call, judge(call)]).toEqual([call, allowed.has(call) ? 'allow' : refused.has(call) ? 'EPERM' : 'ENOSYS']);
    }
  });

  test('has no number in two groups', () => {
    const all = [...entriesOf(allowedCalls), ...entriesOf(refusedCalls), ...Object.entries(judgedCalls)].map(([, call]) => call);
    expect(all.filter((call, index) => all.indexOf(call) !== index)).toEqual([]);
  });

  test.each([
    ['a thread', 0x3d0f00n, 'allow'],
    ['a process', 17n, 'EPERM'],
    ['a thread in a new user namespace', 0x3d0f00n | 0x1000_0000n, 'EPERM'],
    ...[17, 25, 26, 27, 28, 29, 30].map((bit) => [`a thread in namespace flag ${bit}`, 0x3d0f00n | (1n << BigInt(bit)), 'EPERM'] as const),
  ])('clone makes threads and nothing else: %s', (_, flags, verdict) => {
    expect(judge(judgedCalls.clone, [flags])).toBe(verdict);
  });

  test('clone3 does not exist, so that the C library uses what can be judged', () => {
    expect(judge(judgedCalls.clone3, [0n])).toBe('ENOSYS');
  });

  test('input cannot be faked in a terminal, and high bits that the kernel does not read change nothing', () => {
    const ioctl = judgedCalls.ioctl;
    expect([0x5412n, 0x541cn, 0xffff_ffff_0000_5412n, 0x5401n].map((command) => judge(ioctl, [0n, command]))).toEqual([
      ...['EPERM', 'EPERM', 'EPERM', 'allow'],
    ]);
  });

  test('memory that counts against no limit cannot be had', () => {
    const mmap = (flags: bigint): string => judge(judgedCalls.mmap, [0n, 4096n, 3n, flags]);
    expect([0x22n, 0x20022n, 0x4022n, 0x2n].map(mmap)).toEqual(['allow', 'allow', 'allow', 'allow']);
    expect([0x21n, 0x1n, 0x3n, 0x122n].map(mmap)).toEqual(['EPERM', 'EPERM', 'EPERM', 'EPERM']);
  });

  test.each([
    ['unix stream', [1n, 1n, 0n], 'allow'],
    ['TCP', [2n, 0x80801n, 0n], 'allow'],
    ['TCP by number over IPv6', [10n, 1n, 6n], 'allow'],
    ['UDP', [2n, 2n, 17n], 'allow'],
    ['raw', [2n, 3n, 1n], 'EPERM'],
    ['raw over IPv6 with flags', [10n, 0x80803n, 58n], 'EPERM'],
    ['SOCK_PACKET', [2n, 10n, 0n], 'EPERM'],
    ['ICMP as datagram', [2n, 2n, 1n], 'EPROTONOSUPPORT'],
    ['SCTP', [2n, 1n, 132n], 'EPROTONOSUPPORT'],
    ['MPTCP', [2n, 1n, 262n], 'EPROTONOSUPPORT'],
    ['netlink', [16n, 3n, 0n], 'EAFNOSUPPORT'],
    ['packet', [17n, 3n, 0n], 'EAFNOSUPPORT'],
    ['vsock', [40n, 1n, 0n], 'EAFNOSUPPORT'],
    ['crypto of the kernel', [38n, 5n, 0n], 'EAFNOSUPPORT'],
    ['a family hidden behind high bits', [0x1_0000_0010n, 3n, 0n], 'EAFNOSUPPORT'],
  ])('sockets are those of the internet and of this machine: %s', (_, args, verdict) => {
    expect(judge(judgedCalls.socket, args)).toBe(verdict);
  });

  test('pairs of sockets are of this machine', () => {
    expect([1n, 2n, 16n].map((family) => judge(judgedCalls.socketpair, [family]))).toEqual(['allow', 'EAFNOSUPPORT', 'EAFNOSUPPORT']);
  });
});
