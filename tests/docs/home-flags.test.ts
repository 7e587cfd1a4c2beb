import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { buildProgram } from '../../cli/program.ts';

/** The flags in the first column of the table of the guide. */
function flagsInGuide(): string[] {
  const page = readFileSync('docs/guides/run-a-home.md', 'utf8');
  return [...page.matchAll(/^\| `(--[a-z-]+)`/gm)].map(([, flag = '']) => flag);
}

test('the guide lists every flag of `maestro up`, and no other', () => {
  const up = buildProgram().commands.find((command) => command.name() === 'up');
  const flags = (up?.options ?? []).map(({ long }) => long ?? '').filter((flag) => flag !== '--json');
  expect(flags.length).toBeGreaterThan(10);
  expect(flagsInGuide().sort()).toEqual(flags.sort());
});
