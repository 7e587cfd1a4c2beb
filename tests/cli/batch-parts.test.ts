import { describe, expect, test } from '@jest/globals';
import { batchParts } from '../../cli/batch-parts.ts';

const partsOf = (text: string): string[] => batchParts(new TextEncoder().encode(text)).map((part) => new TextDecoder().decode(part));
const lines = (count: number): string => '{}\n'.repeat(count);

describe('a file of starts', () => {
  test('that a request takes is one part, as it came', () => {
    for (const text of ['', '{}', '\n \n', lines(500), `${lines(499)}{}`, `${lines(500)} \t\r\n\n`]) expect(partsOf(text)).toEqual([text]);
  });

  test('with more lines is cut after 500 that hold something; blank ones do not count', () => {
    expect(partsOf(lines(501))).toEqual([lines(500), '{}\n']);
    expect(partsOf(`\n${lines(500)}\r\n{}`)).toEqual([`\n${lines(500)}\r\n`, '{}']);
    expect(partsOf(lines(1_700)).map((part) => part.length)).toEqual([1_500, 1_500, 1_500, 600]);
  });

  test('of more bytes is cut before 4 MiB, and a line that is too large alone goes alone', () => {
    const half = `"${'x'.repeat(2 * 1024 * 1024)}"\n`;
    const large = `"${'x'.repeat(5 * 1024 * 1024)}"\n`;
    expect(partsOf(half + half + half).map((part) => part.length)).toEqual([half.length, half.length, half.length]);
    expect(partsOf(`{}\n${large}{}\n`).map((part) => part.length)).toEqual([3, large.length, 3]);
  });
});
