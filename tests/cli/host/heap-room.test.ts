import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { hostFlags } from '../../../cli/bin/host-flags.mjs';
import type { HeapFigures } from '../../support/cli/heap-room-main.ts';

const program = fileURLToPath(new URL('../../support/cli/heap-room-main.ts', import.meta.url));

/** What a home's heap comes to while 200 MB live in turns, after it was told this of its requests: minutes since its start, and whether several were under way. */
function figures(...notes: [minute: number, isUnderLoad: boolean][]): HeapFigures {
  const output = execFileSync(process.execPath, [...hostFlags, '--no-warnings', program, JSON.stringify(notes)], { encoding: 'utf8' });
  return JSON.parse(output) as HeapFigures; // The program prints nothing else.
}

/** MiB; a young generation that does not grow has two semi-spaces of 8. */
const stillMiB = 16;

describe('the heap of a home', () => {
  test('grows under load, and no more after a quiet minute', () => {
    const still = figures([0, false]);
    const roomy = figures([0, true]);
    expect(still.collections).toBeGreaterThan(1.5 * roomy.collections);
    expect(still.youngMiB).toBe(stillMiB);
    expect(roomy.youngMiB).toBeGreaterThan(stillMiB);
    expect(figures([0, true], [0.5, false]).collections).toBeLessThan(still.collections);
    const quiet = figures([0, true], [2, false]);
    expect(quiet.collections).toBeGreaterThan(1.5 * roomy.collections);
    expect(quiet.youngMiB).toBe(stillMiB);
  });
});
