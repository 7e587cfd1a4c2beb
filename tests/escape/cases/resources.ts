import { nativeAttack, type EscapeCase } from '../escape-case.ts';
import type { Step } from '../../support/native-program.ts';

const gibibyte = 1 << 30;
/** mmap without anything behind it: private 0x22, shared 0x21, growing downwards 0x122. Nothing is touched, so without a sandbox nothing is used up. */
const map = (flags: number): Step => ({ call: 9, args: [0, 2 * gibibyte, 3, flags | 0x4000, -1, 0] });
const filter = { stoppedBy: 'system call filter', errno: 'EPERM' } as const;

const memory: EscapeCase[] = [
  {
    group: 'memory',
    name: 'takes two gigabytes in buffers',
    from: 'package',
    stoppedBy: 'data limit',
    evidence: /^(memory|RangeError|ERR_MEMORY)/,
    code: 'const all = []; for (let taken = 0; taken < 32; taken++) all.push(Buffer.allocUnsafeSlow(64 << 20)); return all.length;',
  },
  nativeAttack({ group: 'memory', name: 'maps private memory', stoppedBy: 'data limit', errno: 'ENOMEM', steps: [map(0x22)] }),
  nativeAttack({ ...filter, group: 'memory', name: 'maps shared memory, which no limit counts', steps: [map(0x21)] }),
  nativeAttack({ ...filter, group: 'memory', name: 'maps a stack that grows, which no limit counts', steps: [map(0x122)] }),
  nativeAttack({
    ...filter,
    group: 'memory',
    name: 'makes files in memory, which no limit counts',
    steps: [{ call: 319, args: [Buffer.from('x\0'), 0] }],
  }),
  nativeAttack({
    group: 'memory',
    name: 'makes shared memory of System V',
    stoppedBy: 'system call filter',
    errno: 'ENOSYS',
    steps: [{ call: 29, args: [0, 4096, 0o600] }],
  }),
];

const disk: EscapeCase[] = [
  {
    group: 'disk',
    name: 'writes more than scratch holds',
    from: 'node',
    stoppedBy: 'size of scratch',
    evidence: /^ENOSPC/,
    code: "for (let part = 0; part < 12; part++) fs.writeFileSync(scratch + '/' + part, Buffer.alloc(1 << 20)); return 12;",
  },
  {
    group: 'disk',
    name: 'makes one file larger than scratch',
    from: 'node',
    stoppedBy: 'file size limit',
    evidence: /EFBIG|larger than scratch/,
    code: "fs.closeSync(fs.openSync(scratch + '/big', 'w')); fs.truncateSync(scratch + '/big', 1 << 30); return fs.statSync(scratch + '/big').size;",
  },
  {
    group: 'disk',
    name: 'opens a thousand files',
    from: 'node',
    stoppedBy: 'open file limit',
    evidence: /^EMFILE/,
    code: "for (let opened = 0; opened < 1_000; opened++) fs.openSync(workspace + '/in/file.txt'); return 'opened';",
  },
];

/** Zero seconds and minus one nanosecond, which the kernel refuses when it gets to see it. */
const noTime = Uint8Array.from([...Array<number>(8).fill(0), ...Array<number>(8).fill(0xff)]);

const clock: EscapeCase[] = [
  nativeAttack({ ...filter, group: 'clock', name: 'sets the clock', steps: [{ call: 227, args: [0, noTime] }] }),
  nativeAttack({ ...filter, group: 'clock', name: 'steers the clock', steps: [{ call: 159, args: [{ zeros: 256 }] }] }),
  nativeAttack({
    ...filter,
    group: 'clock',
    name: 'steers the clock by the newer call',
    steps: [{ call: 305, args: [0, { zeros: 256 }] }],
  }),
];

export default [...memory, ...disk, ...clock];
