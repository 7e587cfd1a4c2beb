import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { hostFlags } from '../../../cli/bin/host-flags.mjs';

const program = fileURLToPath(new URL('../../support/cli/heap-room-main.ts', import.meta.url));

/** How often the old generation is collected while 200 MB live in turns, in a home's heap that was told this of its requests: minutes since its start, and whether several were under way. */
function collections(...notes: [minute: number, isUnderLoad: boolean][]): number {
  const output = execFileSync(process.execPath, [...hostFlags, '--no-warnings', program, JSON.stringify(notes)], { encoding: 'utf8' });
  return Number(output);
}

describe('the heap of a home', () => {
  test('lets garbage grow under load, and no more after a quiet minute', () => {
    const still = collections([0, false]);
    const roomy = collections([0, true]);
    expect(still).toBeGreaterThan(1.5 * roomy);
    expect(collections([0, true], [0.5, false])).toBeLessThan(still);
    expect(collections([0, true], [2, false])).toBeGreaterThan(1.5 * roomy);
  });
});
