/**
 * A program that makes system calls one after the other and prints their results: what an attacker runs who has got past JavaScript. A static ELF
 * for Linux on x64, assembled here, because a machine that runs tests need not have a compiler.
 */

/** A number, the address of some bytes, the result of an earlier step, or the address of as many zero bytes. */
export type Argument = number | bigint | Uint8Array | { result: number } | { zeros: number };

export interface Step {
  call: number;
  args?: readonly Argument[];
  /** Enter the kernel as a 32-bit program does (int 0x80). */
  door?: 'i386';
  /** What a new process or thread does that this call made. */
  child?: 'ends' | 'pauses';
}

const base = 0x40_0000n;
const headerBytes = 0x78;

/** mov <register of the n-th argument>, imm64, and the same from a fixed address. */
const moves = [[0x48, 0xbf], [0x48, 0xbe], [0x48, 0xba], [0x49, 0xba], [0x49, 0xb8], [0x49, 0xb9]] as const; // prettier-ignore
const loads = [[0x48, 0x8b, 0x3c, 0x25], [0x48, 0x8b, 0x34, 0x25], [0x48, 0x8b, 0x14, 0x25], [0x4c, 0x8b, 0x14, 0x25], [0x4c, 0x8b, 0x04, 0x25], [0x4c, 0x8b, 0x0c, 0x25]] as const; // prettier-ignore
const moves32 = [0xbb, 0xb9, 0xba, 0xbe, 0xbf] as const;

const bytes64 = (value: bigint): number[] => Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
const bytes32 = (value: bigint): number[] => bytes64(value).slice(0, 4);

const children = {
  // test rax,rax; jnz over; xor-less exit(0)
  ends: [0x48, 0x85, 0xc0, 0x75, 12, 0xbf, 0, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05],
  // test rax,rax; jnz over; pause() for ever
  pauses: [0x48, 0x85, 0xc0, 0x75, 9, 0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7],
} as const;

/** Bytes that the program may read and write, placed before its code. */
class DataSection {
  readonly #bytes: number[] = [];

  add(content: Uint8Array): bigint {
    while (this.#bytes.length % 16 !== 0) this.#bytes.push(0);
    const address = base + BigInt(headerBytes + this.#bytes.length);
    this.#bytes.push(...content);
    return address;
  }

  get bytes(): readonly number[] {
    return this.#bytes;
  }
}

function compileStep(step: Step, results: bigint, index: number, data: DataSection): number[] {
  const code: number[] = [];
  const put = (argument: Argument, at: number): void => {
    if (typeof argument === 'object' && 'result' in argument) {
      code.push(...(loads[at] ?? []), ...bytes32(results + BigInt(8 * argument.result)));
      return;
    }
    const value =
      argument instanceof Uint8Array
        ? data.add(argument)
        : typeof argument === 'object'
          ? data.add(new Uint8Array(argument.zeros))
          : BigInt(argument);
    if (step.door === 'i386') code.push(moves32[at] ?? 0, ...bytes32(value));
    else code.push(...(moves[at] ?? []), ...bytes64(BigInt.asUintN(64, value)));
  };
  (step.args ?? []).forEach(put);
  if (step.door === 'i386') code.push(0xb8, ...bytes32(BigInt(step.call)), 0xcd, 0x80, 0x48, 0x63, 0xc0);
  else code.push(0x48, 0xb8, ...bytes64(BigInt(step.call)), 0x0f, 0x05);
  if (step.child !== undefined) code.push(...children[step.child]);
  return [...code, 0x48, 0x89, 0x04, 0x25, ...bytes32(results + BigInt(8 * index))];
}

/** Turns the results to hexadecimal text, writes them to standard output and ends. */
function compileReport(count: number, results: bigint, data: DataSection): number[] {
  const prefix = Buffer.from('native ');
  const digits = data.add(Buffer.from('0123456789abcdef'));
  const text = data.add(Buffer.concat([prefix, Buffer.alloc(17 * count), Buffer.from('\n')]));
  const outer = [0x48, 0x8b, 0x06, 0x48, 0x83, 0xc6, 0x08, 0xba, 16, 0, 0, 0];
  const inner = [
    0x48,
    0xc1,
    0xc0,
    0x04,
    0x89,
    0xc3,
    0x83,
    0xe3,
    0x0f,
    0x8a,
    0x9b,
    ...bytes32(digits),
    0x88,
    0x1f,
    0x48,
    0xff,
    0xc7,
    0xff,
    0xca,
  ];
  const innerLoop = [...inner, 0x75, 0x100 - (inner.length + 2)];
  const tail = [0xc6, 0x07, 0x20, 0x48, 0xff, 0xc7, 0xff, 0xc9];
  const body = [...outer, ...innerLoop, ...tail];
  const length = prefix.length + 17 * count + 1;
  return [
    ...[0x48, 0xbe, ...bytes64(results), 0x48, 0xbf, ...bytes64(text + BigInt(prefix.length)), 0xb9, ...bytes32(BigInt(count))],
    ...[...body, 0x75, 0x100 - (body.length + 2)],
    ...[0xbf, 1, 0, 0, 0, 0x48, 0xbe, ...bytes64(text), 0xba, ...bytes32(BigInt(length)), 0xb8, 1, 0, 0, 0, 0x0f, 0x05],
    ...[0xbf, 0, 0, 0, 0, 0xb8, 231, 0, 0, 0, 0x0f, 0x05],
  ];
}

/** The program as the bytes of an executable file. */
export function buildNativeProgram(steps: readonly Step[]): Uint8Array {
  const data = new DataSection();
  const results = data.add(new Uint8Array(8 * steps.length));
  const code = [...steps.flatMap((step, index) => compileStep(step, results, index, data)), ...compileReport(steps.length, results, data)];
  const size = BigInt(headerBytes + data.bytes.length + code.length);
  const entry = base + BigInt(headerBytes + data.bytes.length);
  const header = [
    ...[0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0x3e, 0, 1, 0, 0, 0, ...bytes64(entry)],
    ...[...bytes64(0x40n), ...bytes64(0n), 0, 0, 0, 0, 0x40, 0, 0x38, 0, 1, 0, 0x40, 0, 0, 0, 0, 0],
    // One segment that may be read, written and executed.
    ...[
      1,
      0,
      0,
      0,
      7,
      0,
      0,
      0,
      ...bytes64(0n),
      ...bytes64(base),
      ...bytes64(base),
      ...bytes64(size),
      ...bytes64(size),
      ...bytes64(0x1000n),
    ],
  ];
  return Uint8Array.from([...header, ...data.bytes, ...code]);
}

/** The results that such a program printed, or undefined when it did not come so far. */
export function readNativeResults(output: string): bigint[] | undefined {
  const hexadecimal = /^native ((?:[0-9a-f]{16} )+)$/m.exec(output)?.[1];
  return hexadecimal?.trim().split(' ').map((word) => BigInt.asIntN(64, BigInt(`0x${word}`))); // prettier-ignore
}
