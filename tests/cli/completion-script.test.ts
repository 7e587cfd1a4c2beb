import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { completionScript } from '../../cli/completion-script.ts';
import { buildProgram } from '../../cli/program.ts';

const program = buildProgram();

/** What bash offers after these words. */
function bashOffers(...words: string[]): string[] {
  const script = `${completionScript(program, 'bash')}
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_maestro
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script, 'bash', 'maestro', ...words], { encoding: 'utf8' })
    .trim()
    .split('\n');
}

/** Shells that this machine has. */
function has(shell: string): boolean {
  return spawnSync(shell, ['--version']).status === 0;
}

const withBash = has('bash') ? test : test.skip;

describe('completion', () => {
  withBash('bash offers commands, commands of commands, options and the values of options', () => {
    expect(bashOffers('pu')).toEqual(['publish']);
    expect(bashOffers('keys', '')).toEqual(expect.arrayContaining(['ls', 'export']));
    expect(bashOffers('keys', 'export', '--tr')).toEqual(['--trusted-root']);
    expect(bashOffers('publish', 'x.yaml', '--bump', 'm')).toEqual(['minor', 'major']);
    expect(bashOffers('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
  });

  withBash('bash leaves other words to file names', () => {
    expect(bashOffers('publish', 'work')).toEqual(['']);
  });

  withBash('bash evaluates nothing that was typed', () => {
    expect(bashOffers('run', '$(echo pwned >&2; echo --wait)')).toEqual(['']);
  });

  test.each(['zsh', 'fish'] as const)('the script for %s names every command', (shell) => {
    const script = completionScript(program, shell);
    for (const path of ['/run', '/keys/export', '/package/push', '/new/workflow']) expect(script).toContain(path);
  });

  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    (has(shell) ? test : test.skip)(`${shell} accepts its script`, () => {
      // Skipped where the shell is not installed.
      expect(spawnSync(shell, ['-n'], { input: completionScript(program, shell), encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      });
    });
  }
});
