import { describe, expect, test } from '@jest/globals';
import { assembleBpf } from '../../../runner/sandbox/seccomp/bpf.ts';

const bytesOf = (lines: Parameters<typeof assembleBpf>[0]): string => Buffer.from(assembleBpf(lines)).toString('hex');

describe('the assembler of filters', () => {
  test('writes each instruction as struct sock_filter: code, two distances, a value, little endian', () => {
    const program = bytesOf([
      { do: 'load', value: 4 },
      { do: 'jumpIfEqual', value: 0xc000003e, no: 'end' },
      { do: 'jumpIfAtLeast', value: 2, yes: 'end' },
      { do: 'jumpIfAnyBit', value: 1, yes: 'end' },
      { do: 'and', value: 15 },
      { mark: 'end' },
      { do: 'return', value: 0x7fff0000 },
    ]);
    expect(program.match(/.{16}/g)).toEqual([
      '2000000004000000',
      '150000033e0000c0',
      '3500020002000000',
      '4500010001000000',
      '540000000f000000',
      '060000000000ff7f',
    ]);
  });

  test('refuses a jump that is too wide, goes backwards or goes nowhere, and a mark that stands twice', () => {
    const wide = Array.from({ length: 256 }, () => ({ do: 'return', value: 0 }) as const);
    expect(() => bytesOf([{ do: 'jumpIfEqual', value: 0, yes: 'far' }, ...wide, { mark: 'far' }, ...wide])).toThrow(
      '256 instructions wide',
    );
    expect(() => bytesOf([{ do: 'jumpIfEqual', value: 0, yes: 'far' }, ...wide.slice(1), { mark: 'far' }, ...wide])).not.toThrow();
    expect(() => bytesOf([{ mark: 'back' }, { do: 'load', value: 0 }, { do: 'jumpIfEqual', value: 0, yes: 'back' }])).toThrow('wide');
    expect(() => bytesOf([{ do: 'jumpIfEqual', value: 0, yes: 'nowhere' }])).toThrow('nowhere');
    expect(() => bytesOf([{ mark: 'twice' }, { mark: 'twice' }])).toThrow('twice');
  });

  test('refuses a program that is longer than the kernel takes', () => {
    expect(() => bytesOf(Array.from({ length: 4_097 }, () => ({ do: 'return', value: 0 }) as const))).toThrow('too long');
  });
});
