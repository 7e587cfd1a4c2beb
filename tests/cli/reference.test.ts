import { describe, expect, test } from '@jest/globals';
import { cliReference } from '../../cli/reference.ts';

describe('the command-line reference', () => {
  const reference = cliReference();

  test('documents every command with its options and examples', () => {
    const names = [
      'up',
      'init',
      'new workflow',
      'new service',
      'validate',
      'plan',
      'publish',
      'run',
      'workflows ls',
      'workflows show',
      'status',
      'logs',
      'receipt',
      'verify',
      'whoami',
    ];
    for (const name of [...names, 'keys ls', 'keys export', 'package build', 'package push', 'package ls', 'completion', 'version']) {
      expect(reference).toContain(`## maestro ${name}\n`);
    }
    expect(reference).toContain('how many to list, 1 to 100; default 50');
    expect(reference.match(/--json/g)?.length).toBeGreaterThanOrEqual(20);
  });

  test('is the same on every machine', () => {
    expect(cliReference()).toBe(reference);
    expect(reference).not.toContain(process.cwd());
    expect(reference).not.toContain(process.env['HOME'] ?? 'no home');
  });
});
