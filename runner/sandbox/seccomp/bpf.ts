/**
 * Classic BPF as seccomp takes it: 32-bit words of `struct seccomp_data`, forward jumps only. Programs are written with labels; distances are
 * computed here, and one that does not fit its eight bits is our bug, never a wrapped jump.
 */
import { InvariantError } from '../../../shared/core/errors.ts';

/** BPF_LD | BPF_W | BPF_ABS, BPF_JMP | … | BPF_K, BPF_ALU | BPF_AND | BPF_K, BPF_RET | BPF_K of linux/bpf_common.h. */
const codes = { load: 0x20, jumpIfEqual: 0x15, jumpIfAtLeast: 0x35, jumpIfAnyBit: 0x45, and: 0x54, return: 0x06 } as const;

/** One line of a program: a mark to jump to, or an instruction. A jump without a label goes on with the next line. */
export type BpfLine =
  | { mark: string }
  | { do: 'load' | 'and' | 'return'; value: number }
  | { do: 'jumpIfEqual' | 'jumpIfAtLeast' | 'jumpIfAnyBit'; value: number; yes?: string; no?: string };

/** BPF_MAXINSNS. */
const maxInstructions = 4_096;

/** The program as bytes: eight an instruction, little endian, as `struct sock_filter` is on x64. */
export function assembleBpf(lines: readonly BpfLine[]): Uint8Array {
  const marks = new Map<string, number>();
  const instructions = lines.flatMap((line) => ('mark' in line ? [] : [line]));
  let position = 0;
  for (const line of lines) {
    if (!('mark' in line)) position += 1;
    else if (marks.has(line.mark)) throw new InvariantError(`two places of a BPF program are called ${line.mark}`);
    else marks.set(line.mark, position);
  }
  if (instructions.length > maxInstructions) throw new InvariantError(`a BPF program of ${instructions.length} instructions is too long`);
  const distance = (from: number, label: string | undefined): number => {
    if (label === undefined) return 0;
    const to = marks.get(label);
    const skipped = (to ?? Infinity) - from - 1;
    // The kernel would refuse a jump past the end; one backwards cannot be written at all.
    if (skipped < 0 || skipped > 255) throw new InvariantError(`the jump of a BPF program to ${label} is ${skipped} instructions wide`);
    return skipped;
  };
  const bytes = new DataView(new ArrayBuffer(instructions.length * 8));
  instructions.forEach((line, index) => {
    bytes.setUint16(index * 8, codes[line.do], true);
    bytes.setUint8(index * 8 + 2, 'yes' in line ? distance(index, line.yes) : 0);
    bytes.setUint8(index * 8 + 3, 'no' in line ? distance(index, line.no) : 0);
    bytes.setUint32(index * 8 + 4, line.value, true);
  });
  return new Uint8Array(bytes.buffer);
}
