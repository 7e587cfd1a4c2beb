import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { hostFlags } from '../../../cli/bin/host-flags.mjs';
import type { ThreadKind } from '../../support/threads/thread-limits-main.ts';

const program = fileURLToPath(new URL('../../support/threads/thread-limits-main.ts', import.meta.url));

/** In bytes, in a process of its own: flags that were taken back stay so. */
function limitOf(kind: ThreadKind, flags: readonly string[] = [], nodeOptions = ''): number {
  const env = { PATH: process.env['PATH'], NODE_OPTIONS: nodeOptions };
  return Number(execFileSync(process.execPath, ['--no-warnings', ...flags, program, kind], { encoding: 'utf8', env }));
}

describe('a thread with limits of its own', () => {
  test.each([
    ['of a home', hostFlags, ''],
    ['of an environment', [], '--max-old-space-size=4096 --max-semi-space-size=32'],
  ])('keeps them whatever the flags %s are', (_, flags, nodeOptions) => {
    const own = limitOf('redaction');
    expect(own).toBeGreaterThan(0);
    expect(limitOf('redaction', flags, nodeOptions)).toBe(own);
    // One that is started without taking back the flags has those of the process.
    expect(limitOf('plain', flags, nodeOptions)).toBeGreaterThan(2 * limitOf('plain'));
  });
});
