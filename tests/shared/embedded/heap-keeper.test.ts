import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const program = fileURLToPath(new URL('../../support/heap/young-generation-main.ts', import.meta.url));

test('the young generation is collected early, unless a burst of runs is under way', () => {
  const args = ['--no-warnings', '--max-semi-space-size=32', program];
  const printed = execFileSync(process.execPath, args, { encoding: 'utf8', env: { PATH: process.env['PATH'] } });
  const [rest = Number.NaN, burst = Number.NaN, after = Number.NaN] = JSON.parse(printed) as number[]; // Our own program.
  const mebibytes = (bytes: number): number => bytes / 2 ** 20;
  expect(mebibytes(rest)).toBeLessThan(16);
  expect(mebibytes(burst)).toBeGreaterThan(20);
  expect(mebibytes(after)).toBeLessThan(16);
});
