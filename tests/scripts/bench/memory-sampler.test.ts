import { describe, expect, test } from '@jest/globals';
import { parseStatus, sumMemory, watchMemory, type ProcessMemory } from '../../../scripts/bench/peers/memory-sampler.ts';

const memory = (name: string, anonymousBytes: number, fileBytes: number, sharedBytes: number): ProcessMemory => ({
  name,
  anonymousBytes,
  fileBytes,
  sharedBytes,
});

test('the resident memory of a process is read by kind', () => {
  const status = 'Name:\tpostgres\nUmask:\t0077\nVmHWM:\t  9999 kB\nRssAnon:\t     100 kB\nRssFile:\t      20 kB\nRssShmem:\t       3 kB\n';
  expect(parseStatus(status)).toEqual(memory('postgres', 102_400, 20_480, 3_072));
});

describe('the memory of several processes', () => {
  test('counts what processes of one program share once, as the largest of them sees it', () => {
    expect(sumMemory([memory('postgres', 1, 10, 100), memory('postgres', 2, 20, 300), memory('postgres', 3, 5, 200)])).toBe(6 + 20 + 300);
  });

  test('shares nothing between programs', () => {
    expect(sumMemory([memory('postgres', 1, 10, 100), memory('node', 2, 20, 0)])).toBe(111 + 22);
    expect(sumMemory([])).toBe(0);
  });
});

test('a watch sees real processes, and one that has ended counts nothing', () => {
  expect(watchMemory(() => [process.pid])()).toBeGreaterThan(20e6);
  expect(watchMemory(() => [2 ** 30])()).toBe(0);
});
