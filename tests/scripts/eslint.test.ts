import { beforeAll, expect, test } from '@jest/globals';
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
const effects = 'console.log(Date.now(), new Date(), process.env, Math.random());\n';
const mock = "import { jest } from '@jest/globals';\njest.mock('../../shared/core/digest.ts');\n";

/** The text to judge as if it were the file at `path`. */
const cases = [
  { path: 'shared/core/digest.ts', text: planted },
  { path: 'shared/core/digest.ts', text: effects },
  { path: 'scripts/test.ts', text: effects },
  { path: 'tests/scripts/eslint.test.ts', text: mock },
];

/** One process for all cases, because loading the project is what takes the time. */
const program = `
import { ESLint } from 'eslint';
const eslint = new ESLint();
const rules = [];
for (const { path, text } of ${JSON.stringify(cases)}) {
  const [{ messages }] = await eslint.lintText(text, { filePath: path });
  rules.push(messages.map(({ ruleId }) => ruleId.replace('@typescript-eslint/', '')));
}
console.log(JSON.stringify(rules));
`;

let rules: string[][];
beforeAll(() => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  rules = JSON.parse(stdout) as string[][]; // printed by the program above
}, 120_000);

test('lint sees floating promises, forgotten cases, `any` and effects taken from the air', () => {
  const wanted = [
    'no-floating-promises',
    'switch-exhaustiveness-check',
    'no-explicit-any',
    'no-unsafe-member-access',
    'consistent-type-imports',
  ];
  const ambient = ['no-console', 'no-restricted-globals', 'no-restricted-properties', 'no-restricted-syntax'];
  expect(rules[0]).toEqual(expect.arrayContaining([...wanted, ...ambient, 'max-params', 'eqeqeq', 'no-empty']));
});

test('lint lets programs and adapters use time, environment and console, and nothing else', () => {
  expect(rules[1]).toEqual(expect.arrayContaining(['no-console', 'no-restricted-properties', 'no-restricted-syntax']));
  expect(rules[2]).toEqual([]);
});

test('lint refuses mocks of modules in tests', () => {
  expect(rules[3]).toEqual(['no-restricted-syntax']);
});
