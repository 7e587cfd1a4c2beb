import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';

const planted = `
import { Issue } from './issue.ts';
async function later(): Promise<void> {}
later();
export function spell(kind: 'a' | 'b'): string {
  switch (kind) {
    case 'a':
      return 'A';
  }
  return String(Date.now()) + String(Math.random());
}
export const loose: any = JSON.parse('{}');
export const field = loose.field;
export function many(a: number, b: number, c: number, d: number, e: number): Issue | undefined {
  console.log(a == b, c, d, e, process.env['HOME'], new Date(), new Date(0));
  try {
    void fetch('x');
  } catch {}
  return undefined;
}
`;

/** Which rules the text would break, were it the file at `path`. */
function lint(path: string, text: string): { rule: string; line: number }[] {
  const { stdout } = spawnSync('npx', ['eslint', '--stdin', '--stdin-filename', path, '--format', 'json'], {
    input: text,
    encoding: 'utf8',
  });
  const [result] = JSON.parse(stdout) as { messages: { ruleId: string; line: number }[] }[]; // eslint's own JSON format
  return (result?.messages ?? []).map(({ ruleId, line }) => ({ rule: ruleId.replace('@typescript-eslint/', ''), line }));
}

test('lint sees floating promises, forgotten cases, `any` and effects taken from the air', () => {
  const rules = new Set(lint('shared/core/digest.ts', planted).map(({ rule }) => rule));
  const wanted = [
    'no-floating-promises',
    'switch-exhaustiveness-check',
    'no-explicit-any',
    'no-unsafe-member-access',
    'consistent-type-imports',
  ];
  const ambient = ['no-console', 'no-restricted-globals', 'no-restricted-properties', 'no-restricted-syntax'];
  expect([...rules]).toEqual(expect.arrayContaining([...wanted, ...ambient, 'max-params', 'eqeqeq', 'no-empty']));
});

test('lint lets programs and adapters use time, environment and console', () => {
  const text = 'console.log(Date.now(), new Date(), process.env, Math.random());\n';
  expect(lint('scripts/test.ts', text)).toEqual([]);
  expect(lint('shared/core/digest.ts', text)).not.toEqual([]);
});

test('lint refuses mocks of modules in tests', () => {
  const text = "import { jest } from '@jest/globals';\njest.mock('../../shared/core/digest.ts');\n";
  expect(lint('tests/scripts/eslint.test.ts', text)).toContainEqual({ rule: 'no-restricted-syntax', line: 2 });
});
