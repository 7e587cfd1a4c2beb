import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { printDocument, printLines, printResult } from '../../../cli/terminal/report.ts';

const escape = String.fromCharCode(27);
const isTTY = Object.getOwnPropertyDescriptor(process.stdout, 'isTTY');

afterEach(() => {
  jest.restoreAllMocks();
  Object.defineProperty(process.stdout, 'isTTY', isTTY ?? { configurable: true, value: undefined });
});

function printed(print: () => void, isTerminal = false): string {
  const texts: string[] = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => texts.push(String(text)) > 0);
  Object.defineProperty(process.stdout, 'isTTY', { configurable: true, value: isTerminal });
  print();
  return texts.join('');
}

describe('what a terminal would act upon', () => {
  test('is spelt out in a result for people, but for line ends, tabs and colours', () => {
    const text = `a\n\tb ${escape}[32mgreen${escape}[39m ${escape}[8mhidden\r\u009b2J\u2066`;
    const shown = `a\n\tb ${escape}[32mgreen${escape}[39m \\u001b[8mhidden\\u000d\\u009b2J\\u2066\n`;
    expect(printed(() => printResult({}, null, () => text))).toBe(shown);
    expect(printed(() => printLines({}, [], () => text))).toBe(shown);
  });

  test('is spelt out in JSON, which has the same value', () => {
    const value = [`${escape}\u007f\u0085\u202e`, 'ünïcödé 🙂'];
    for (const text of [
      printed(() => printResult({ json: true }, value, () => '')),
      printed(() => printLines({ json: true }, [value], () => '')),
    ]) {
      expect(text).toBe('["\\u001b\\u007f\\u0085\\u202e","ünïcödé 🙂"]\n');
      expect(JSON.parse(text)).toEqual(value);
    }
  });

  test('is spelt out in a document on a terminal, which everybody else gets byte for byte', () => {
    const text = `{"a":"\u009b2J"}`;
    expect(printed(() => printDocument(text), true)).toBe('{"a":"\\u009b2J"}\n');
    expect(printed(() => printDocument(text))).toBe(`${text}\n`);
  });
});
