/** What a filter says about one system call: a second reading of classic BPF, written apart from the assembler, so that a mistake has to be made twice. */
interface Call {
  arch: number;
  call: number;
  args: readonly bigint[];
}

const names = new Map([
  [0x8000_0000, 'kill'],
  [0x7fff_0000, 'allow'],
  [0x0005_0001, 'EPERM'],
  [0x0005_0026, 'ENOSYS'],
  [0x0005_005d, 'EPROTONOSUPPORT'],
  [0x0005_0061, 'EAFNOSUPPORT'],
]);

/** `struct seccomp_data`: number, architecture, instruction pointer, six arguments. */
function dataOf({ arch, call, args }: Call): DataView {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call, true);
  data.setUint32(4, arch, true);
  args.forEach((value, index) => data.setBigUint64(16 + 8 * index, value, true));
  return data;
}

export function judgeCall(filter: Uint8Array, call: Call): string {
  const program = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  const data = dataOf(call);
  let accumulator = 0;
  for (let at = 0; at < program.byteLength; at += 8) {
    const value = program.getUint32(at + 4, true);
    const jump = (isTrue: boolean): void => void (at += 8 * program.getUint8(at + (isTrue ? 2 : 3)));
    const code = program.getUint16(at, true);
    if (code === 0x20) accumulator = data.getUint32(value, true);
    else if (code === 0x15) jump(accumulator === value);
    else if (code === 0x35) jump(accumulator >= value);
    else if (code === 0x45) jump((accumulator & value) >>> 0 !== 0);
    else if (code === 0x54) accumulator = (accumulator & value) >>> 0;
    else if (code === 0x06) return names.get(value) ?? `verdict ${value.toString(16)}`;
    else return `instruction ${code.toString(16)}`;
  }
  return 'the end';
}
