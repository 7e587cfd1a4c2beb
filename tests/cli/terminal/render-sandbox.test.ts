import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { renderSandbox, sandboxWarnings } from '../../../cli/terminal/render-sandbox.ts';

const whole = {
  level: 'bubblewrap-seccomp',
  tools: 'bwrap + seccomp + prlimit',
  networkBlocked: true,
  processesHidden: true,
  refused: [],
} as const;
const weak = {
  level: 'node-permission',
  tools: 'Node permissions',
  networkBlocked: false,
  processesHidden: false,
  refused: [`bwrap: no namespaces\n${'x'.repeat(1_000)}`, 'unshare: not permitted'],
} as const;

describe('what is said about the sandbox at the start of a home', () => {
  test('is its level and its tools, and nothing to fear when it is whole', () => {
    expect(renderSandbox(whole).map(stripVTControlCharacters)).toEqual(['bubblewrap-seccomp (bwrap + seccomp + prlimit)']);
    expect(sandboxWarnings(whole)).toEqual([]);
  });

  test('is how many are kept ready, where some are', () => {
    expect(renderSandbox({ ...whole, warm: 4 }).map(stripVTControlCharacters)).toEqual([
      'bubblewrap-seccomp (bwrap + seccomp + prlimit), 4 kept ready at most',
    ]);
  });

  test('is why stronger ones are refused, each in one line', () => {
    const [level, ...reasons] = renderSandbox(weak).map(stripVTControlCharacters);
    expect(level).toBe('node-permission (Node permissions)');
    expect(reasons).toEqual([expect.stringMatching(/^refused: bwrap: no namespaces x+$/), 'refused: unshare: not permitted']);
    expect(reasons.every((line) => line.length < 250)).toBe(true);
  });

  test('is that the kernel is in sight when there is no filter', () => {
    expect(sandboxWarnings({ ...whole, level: 'bubblewrap' })).toEqual([expect.stringContaining('no system call filter')]);
  });

  test('is in capitals that network and signals are not blocked, and how to have better', () => {
    const text = sandboxWarnings(weak).join('\n');
    for (const part of ['TASKS REACH THE NETWORK', 'TASKS CAN SIGNAL AND KILL', 'maestro up --sandbox bubblewrap'])
      expect(text).toContain(part);
    expect(sandboxWarnings({ ...weak, networkBlocked: true }).join('\n')).not.toContain('NETWORK');
  });
});
