import { execFileSync } from 'node:child_process';
import { totalmem } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { flagsFor, hostFlags, memoryFor } from '../../cli/bin/host-flags.mjs';

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

const oldMegabytes = (flags: readonly string[]): number =>
  Number(/--max-old-space-size=(\d+)/.exec(flags.join(' '))?.[1] ?? Number.POSITIVE_INFINITY);

describe('the memory flags of a home', () => {
  test.each([
    [0.25, 128, 16],
    [0.5, 256, 16],
    [1, 512, 18],
    [2, 1_024, 36],
    [4, 1_792, 64],
    [64, 1_792, 64],
  ])('with %d GiB let the old generation have %d MiB, and a semi-space %d', (gibibytes, old, semiSpace) => {
    expect(flagsFor({ memory: gibibytes * gibibyte, cores: 4 })).toEqual([
      `--max-old-space-size=${old}`,
      '--min-semi-space-size=8',
      `--max-semi-space-size=${semiSpace}`,
      expect.stringMatching(/^--import=file:.*still-heap\.mjs$/),
    ]);
  });

  test('leave the two cores of a small machine to the threads that work', () => {
    expect(flagsFor({ memory: gibibyte, cores: 2 })).toContain('--v8-pool-size=1');
    expect(flagsFor({ memory: gibibyte, cores: 3 })).not.toContain('--v8-pool-size=1');
  });

  test('go by what a container may take, where that is less than the machine has', () => {
    const total = 16 * gibibyte;
    expect(memoryFor({ total, constrained: gibibyte })).toBe(gibibyte);
    // What Node says where there is no limit, and where a control group of version 1 has none.
    expect(memoryFor({ total, constrained: 0 })).toBe(total);
    expect(memoryFor({ total, constrained: 2 ** 63 })).toBe(total);
  });

  test('fit this machine, and Node takes them', () => {
    expect(oldMegabytes(hostFlags) * mebibyte).toBeLessThanOrEqual(Math.max(totalmem() / 2, 128 * mebibyte));
    const program = 'console.log(require("node:v8").getHeapStatistics().heap_size_limit)';
    const limit = Number(execFileSync(process.execPath, [...hostFlags, '-e', program], { encoding: 'utf8' }));
    expect(limit).toBeGreaterThanOrEqual(oldMegabytes(hostFlags) * mebibyte);
    // Beside it a limit holds three semi-spaces.
    expect(limit).toBeLessThanOrEqual((oldMegabytes(hostFlags) + 3 * 64) * mebibyte);
  });
});
