import { afterEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkTree } from '../../scripts/tidy/check-tree.ts';

type Files = Readonly<Record<string, string>>;

const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true });
});

/** A checkout in which nothing is wrong, with the planted files on top. */
function findIn(planted: Files): string[] {
  const root = mkdtempSync(join(tmpdir(), 'mc-tidy-'));
  trees.push(root);
  for (const [path, text] of Object.entries({ ...cleanTree, ...planted })) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return checkTree(root).map(({ rule, path }) => `${rule} ${path}`);
}

const cleanTree: Files = {
  'package.json': '{"dependencies":{"zod":"4.6.7"}}',
  'package-lock.json': '{"packages":{"node_modules/zod":{"version":"4.6.7","integrity":"sha512-x"}}}',
  'cli/main.ts': "import { start } from '../shared/execution/start.ts';\nstart(Date.now());\n",
  'shared/execution/start.ts':
    "import { z } from 'zod';\nimport { one } from '../core/one.ts';\nexport const start = (at: number) => z.int().parse(at + one);\n",
  'shared/core/one.ts': 'export const one = 1;\n',
  'shared/core/error-catalog/error-catalog.ts': "export const errorCatalog = {\n  'mc:store:full': 1,\n};\n",
  'shared/core/errors.ts': "import { errorCatalog } from './error-catalog/error-catalog.ts';\nexport const codes = errorCatalog;\n",
  'cli/show.ts': "import { codes } from '../shared/core/errors.ts';\nexport const show = () => codes;\n",
  'cli/commands/explain.ts': "import { show } from '../show.ts';\nexport const explain = show;\n",
  'scripts/gen.ts': "import { explain } from '../cli/commands/explain.ts';\nexplain();\n",
  'stacks/app.ts': "const alarm = { alarmName: 'mc-denies' };\nalarm;\n",
  'docs/errors/store-full.md': '# full\n',
  'docs/runbooks/mc-denies.md': '# denies\n',
  'docs/adr/ADR-0001-one-table.md': '# One table\n',
  'docs/glossary.md': '# Glossary\n\n## Never\n\n| Word | Say |\n| --- | --- |\n| `job` | task |\n',
};

const lines = (count: number): string => 'void 0;\n'.repeat(count);
const using = (path: string): string => `import '../${path}';\nimport { start } from '../shared/execution/start.ts';\nstart(1);\n`;
/** Split, so that this file does not hold what it plants. */
const secretOf = (...parts: string[]): string => `export const value = '${parts.join('')}';\n`;

const faults: readonly { rule: string; path: string; files: Files }[] = [
  {
    rule: 'import-direction',
    path: 'shared/core/one.ts',
    files: { 'shared/core/one.ts': "import '../execution/other.ts';\nexport const one = 1;\n", 'shared/execution/other.ts': '' },
  },
  {
    rule: 'import-direction',
    path: 'shared/execution/start.ts',
    files: { 'shared/execution/start.ts': "import '../aws/s3.ts';\nexport const start = (at: number) => at;\n", 'shared/aws/s3.ts': '' },
  },
  {
    rule: 'import-direction',
    path: 'runner/go.ts',
    files: { 'runner/go.ts': "import '../functions/http/a.ts';\n", 'functions/http/a.ts': '', 'cli/main.ts': using('runner/go.ts') },
  },
  {
    rule: 'import-direction',
    path: 'stacks/app.ts',
    files: { 'stacks/app.ts': "import '../functions/http/a.ts';\n", 'functions/http/a.ts': '' },
  },
  { rule: 'import-direction', path: 'cli/main.ts', files: { 'cli/main.ts': using('scripts/gen.ts') } },
  { rule: 'import-direction', path: 'elsewhere/a.ts', files: { 'elsewhere/a.ts': "import '../shared/core/one.ts';\n" } },
  { rule: 'import-missing', path: 'cli/main.ts', files: { 'cli/main.ts': using('shared/core/gone.ts') } },
  {
    rule: 'import-confined',
    path: 'cli/main.ts',
    files: { 'cli/main.ts': `import '@aws-sdk/client-s3';\n${using('shared/core/one.ts')}` },
  },
  {
    rule: 'import-confined',
    path: 'functions/http/a.ts',
    files: { 'functions/http/a.ts': "import { Stack } from 'aws-cdk-lib';\nStack;\n" },
  },
  { rule: 'import-undeclared', path: 'shared/core/one.ts', files: { 'shared/core/one.ts': "import 'left-pad';\nexport const one = 1;\n" } },
  { rule: 'import-builtin', path: 'shared/core/one.ts', files: { 'shared/core/one.ts': "import 'fs';\nexport const one = 1;\n" } },
  {
    rule: 'import-cycle',
    path: 'shared/core/one.ts',
    files: { 'shared/core/one.ts': "import './two.ts';\nexport const one = 1;\n", 'shared/core/two.ts': "import './one.ts';\n" },
  },
  {
    rule: 'domain-cycle',
    path: 'shared/execution',
    files: {
      'shared/execution/start.ts': "import '../plan/a.ts';\nexport const start = (at: number) => at;\n",
      'shared/plan/a.ts': "import '../execution/b.ts';\n",
      'shared/execution/b.ts': '',
    },
  },
  { rule: 'file-size', path: 'scripts/long.ts', files: { 'scripts/long.ts': lines(401) } },
  { rule: 'file-size', path: 'statemachines/run.asl.json', files: { 'statemachines/run.asl.json': '\n'.repeat(200) + '{}' } },
  { rule: 'function-size', path: 'scripts/long.ts', files: { 'scripts/long.ts': `(() => {\n${lines(60)}})();\n` } },
  { rule: 'folder-size', path: 'scripts', files: Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`scripts/s${n}.ts`, ''])) },
  { rule: 'folder-depth', path: 'catalog/packages/a/b', files: { 'catalog/packages/a/b/index.ts': '' } },
  { rule: 'dead-file', path: 'shared/core/two.ts', files: { 'shared/core/two.ts': '' } },
  {
    rule: 'dead-file',
    path: 'shared/core/two.ts',
    files: {
      'shared/core/two.ts': 'export const two = 2;\n',
      'tests/core/two.test.ts': "import { two } from '../../shared/core/two.ts';\ntwo;\n",
    },
  },
  {
    rule: 'unused-export',
    path: 'shared/core/one.ts',
    files: { 'shared/core/one.ts': 'export const one = 1;\nexport const two = one + 1;\n' },
  },
  {
    rule: 'unused-export',
    path: 'shared/core/one.ts',
    files: { 'shared/core/one.ts': 'export const one = 1;\nexport interface Never { a: 1 }\n' },
  },
  { rule: 'name-drawer', path: 'cli/utils.ts', files: { 'cli/utils.ts': '' } },
  { rule: 'name-drawer', path: 'shared/common', files: { 'shared/common/a.ts': '' } },
  { rule: 'name-kebab', path: 'cli/startHost.ts', files: { 'cli/startHost.ts': '' } },
  {
    rule: 'name-word',
    path: 'shared/core/one.ts',
    files: { 'shared/core/one.ts': 'export const one = 1;\nexport const startJob = one;\n' },
  },
  {
    rule: 'error-page',
    path: 'shared/core/error-catalog/error-catalog.ts',
    files: {
      'shared/core/error-catalog/error-catalog.ts': "export const errorCatalog = {\n  'mc:store:full': 1,\n  'mc:store:gone': 1,\n};\n",
    },
  },
  { rule: 'error-page', path: 'docs/errors/store-old.md', files: { 'docs/errors/store-old.md': '# old\n' } },
  { rule: 'alarm-runbook', path: 'stacks/app.ts', files: { 'stacks/app.ts': "const alarm = { alarmName: 'mc-unheard' };\nalarm;\n" } },
  { rule: 'alarm-runbook', path: 'docs/runbooks/mc-old.md', files: { 'docs/runbooks/mc-old.md': '# old' } },
  { rule: 'adr-number', path: 'docs/adr/ADR-0001-two-tables.md', files: { 'docs/adr/ADR-0001-two-tables.md': '# Two\n' } },
  { rule: 'adr-name', path: 'docs/adr/keys.md', files: { 'docs/adr/keys.md': '# Keys\n' } },
  {
    rule: 'page-missing',
    path: 'docs/adr/ADR-0001-one-table.md',
    files: { 'docs/adr/ADR-0001-one-table.md': 'see docs/guides/gone.md\n' },
  },
  {
    rule: 'registry-host',
    path: 'package-lock.json',
    files: { 'package-lock.json': '{"packages":{"node_modules/zod":{"resolved": "https://registry.example/zod.tgz"}}}' },
  },
  { rule: 'registry-host', path: '.npmrc', files: { '.npmrc': 'registry=https://registry.example/\n' } },
  {
    rule: 'secret',
    path: 'docs/key.pem',
    files: { 'docs/key.pem': `${['-----BEGIN', 'PRIVATE KEY-----'].join(' ')}\n${'MIGH'.repeat(16)}\n` },
  },
  { rule: 'secret', path: 'scripts/a.ts', files: { 'scripts/a.ts': secretOf('AKIA', 'Q'.repeat(16)) } },
  { rule: 'secret', path: 'scripts/a.ts', files: { 'scripts/a.ts': secretOf('aws_secret_', 'access_key=', 'a'.repeat(40)) } },
  { rule: 'secret', path: 'scripts/a.ts', files: { 'scripts/a.ts': secretOf('ghp', '_', 'a1'.repeat(18)) } },
  { rule: 'secret', path: 'scripts/a.ts', files: { 'scripts/a.ts': secretOf('npm', '_', 'a1'.repeat(18)) } },
];

const effects = [
  'Date.now();',
  'new Date();',
  'Date();',
  'Math.random();',
  'process.env;',
  "fetch('x');",
  "console.log('x');",
  'crypto.randomUUID();',
  "import { randomUUID } from 'node:crypto';\nrandomUUID();",
  "import { env } from 'node:process';\nenv;",
];

describe('tidy', () => {
  test('finds nothing in a checkout that follows the rules', () => {
    expect(findIn({})).toEqual([]);
  });

  test.each(faults)('finds $rule in $path', ({ rule, path, files }) => {
    expect(findIn(files)).toContain(`${rule} ${path}`);
  });

  test.each(effects)('finds an effect taken from the air: %s', (effect) => {
    expect(findIn({ 'shared/core/one.ts': `${effect}\nexport const one = 1;\n` })).toEqual(['ambient-effect shared/core/one.ts']);
  });

  test('measures the tests in a chapter of tests, not the chapter', () => {
    const long = (body: string): string =>
      `describe('a', () => {\n  test('b', () => {\n${body}  });\n${"  test('c', () => {});\n".repeat(70)}});\n`;
    expect(findIn({ 'tests/core/one.test.ts': long('') })).toEqual([]);
    expect(findIn({ 'tests/core/one.test.ts': long(lines(60)) })).toEqual(['function-size tests/core/one.test.ts']);
  });

  test('counts a path in a string as a use of the file, and not as an import of it', () => {
    const worker = "export const url = new URL('worker.ts', import.meta.url);\n";
    const planted = {
      'stacks/app.ts': "const entry = 'functions/wire/entry.ts';\nentry;\n",
      'functions/wire/entry.ts': '',
      'cli/show.ts': worker,
      'cli/worker.ts': '',
    };
    const explain = {
      'cli/commands/explain.ts': "import { url } from '../show.ts';\nexport const explain = () => url;\n",
      'shared/core/errors.ts': "import './error-catalog/error-catalog.ts';\n",
    };
    const found = findIn({ ...planted, ...explain });
    expect(found.filter((line) => /import-direction|functions|worker/.test(line))).toEqual([]);
  });

  test('lets a file come back by import() to the one that imports it', () => {
    const late = "export const one = () => import('../execution/start.ts');\n";
    expect(
      findIn({
        'shared/execution/one.ts': late,
        'shared/execution/start.ts': "import { one } from './one.ts';\nexport const start = (at: number) => [at, one];\n",
      }),
    ).not.toContain('import-cycle shared/execution/one.ts');
  });

  test('leaves alone what only looks like a fault', () => {
    const one =
      "export const one = new Date(0).getTime() + 1; // '-----BEGIN PRIVATE KEY-----' is a format, AKIAIOSFODNN7EXAMPLE an example\n";
    expect(findIn({ 'shared/core/one.ts': one })).toEqual([]);
  });

  test('finds nothing in this checkout', () => {
    expect(checkTree('.')).toEqual([]);
  });
});
