import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../shared/core/digest.ts';
import { openPackage, outputsOf, type CatalogRun } from '../support/run-catalog-package.ts';

const failedForGood = (message: string): object => ({
  kind: 'failed',
  failure: 'error',
  retryable: false,
  message: expect.stringContaining(message),
});
const texts = ({ logs }: CatalogRun): string[] => logs.map(({ text }) => text);

describe('pkg:file/read', () => {
  const lockfile = readFileSync(new URL('../../package-lock.json', import.meta.url));
  const files = [
    { path: 'lockfile/package-lock.json', bytes: lockfile },
    { path: 'data/config.yaml', bytes: Buffer.from('a: [1, two]\n') },
    { path: 'data/binary', bytes: Buffer.of(0, 255, 254) },
  ];

  test('text, base64, JSON and YAML come back with size and digest', async () => {
    const run = await openPackage('file-read');
    const text = outputsOf(await run({ path: 'lockfile/package-lock.json' }, { files }));
    expect(text).toMatchObject({ sizeBytes: lockfile.length, digest: digestBytes(lockfile), content: lockfile.toString() });
    expect(outputsOf(await run({ path: 'data/binary', encoding: 'base64' }, { files }))).toMatchObject({ content: 'AP/+' });
    expect(outputsOf(await run({ path: 'data/config.yaml', parse: 'yaml' }, { files }))).toMatchObject({ value: { a: [1, 'two'] } });
    expect(outputsOf(await run({ path: 'lockfile/package-lock.json', parse: 'json' }, { files }))).toMatchObject({
      value: { lockfileVersion: 3 },
    });
  });

  test('what cannot be read is said, with what is there', async () => {
    const run = await openPackage('file-read');
    const cases: readonly [object, string][] = [
      [{ path: '../../../../etc/passwd' }, 'not inside the workspace'],
      [{ path: '/etc/passwd' }, 'not inside the workspace'],
      [{ path: 'data' }, 'is a folder'],
      [{ path: 'nothing' }, 'data/binary, data/config.yaml, lockfile/package-lock.json'],
      [{ path: 'data/binary' }, 'not UTF-8'],
      [{ path: 'data/config.yaml', parse: 'json' }, 'is not JSON'],
      [{ path: 'lockfile/package-lock.json', maxBytes: 100 }, 'allowed are 100'],
    ];
    for (const [inputs, message] of cases) expect((await run({ ...inputs }, { files })).result).toMatchObject(failedForGood(message));
  });

  test('a YAML file that grows without end when its aliases are followed is refused', async () => {
    const run = await openPackage('file-read');
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...'bcdefgh'.split('').map((name, at) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[at]}`).join(', ')}]`),
    ].join('\n');
    expect(
      (await run({ path: 'bomb.yaml', parse: 'yaml' }, { files: [{ path: 'bomb.yaml', bytes: Buffer.from(bomb) }] })).result,
    ).toMatchObject(failedForGood('is not YAML'));
  });
});

describe('pkg:data/validate', () => {
  test('every problem is found; by default they fail the task', async () => {
    const run = await openPackage('data-validate');
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: { at: { type: 'string', format: 'date-time' } },
      required: ['b'],
    };
    expect((await run({ schema, value: { at: 'now' } })).result).toMatchObject(failedForGood("required property 'b'"));
    const listed = outputsOf(await run({ schema, value: { at: 'now' }, failOnInvalid: false }));
    expect(listed).toMatchObject({
      valid: false,
      issueCount: 2,
      issues: expect.arrayContaining([expect.objectContaining({ pointer: '/at', keyword: 'format' })]),
    });
    expect(outputsOf(await run({ schema, value: { b: null } }))).toEqual({ valid: true, issueCount: 0, issues: [] });
  });

  test('a schema that is none is refused', async () => {
    const run = await openPackage('data-validate');
    expect((await run({ schema: { type: 'text' }, value: 1 })).result).toMatchObject(failedForGood('not a usable JSON Schema'));
  });
});

describe('pkg:data/transform', () => {
  test('an expression computes plain data', async () => {
    const run = await openPackage('data-transform');
    const data = {
      items: [
        { name: 'a', price: 2 },
        { name: 'b', price: 3 },
      ],
    };
    expect(
      outputsOf(await run({ expression: '{ "total": $sum(items.price) * $factor, "names": items.name }', data, bindings: { factor: 2 } })),
    ).toEqual({ result: { total: 10, names: ['a', 'b'] } });
    expect(outputsOf(await run({ expression: 'nothing.here', data }))).toEqual({ result: null });
  });

  test('an expression without an end is stopped in time and depth', async () => {
    const run = await openPackage('data-transform');
    expect((await run({ expression: '($f := function($x) { $f($x + 1) }; $f(1))', data: null, timeoutMs: 200 })).result).toMatchObject(
      failedForGood('timeout'),
    );
    expect((await run({ expression: '($f := function($x) { 1 + $f($x) }; $f(1))', data: null })).result).toMatchObject(
      failedForGood('Stack overflow'),
    );
    expect((await run({ expression: '[1..10000000]', data: null })).result).toMatchObject(failedForGood('maximum sequence length'));
  });

  test('a wrong expression is named with its place', async () => {
    const run = await openPackage('data-transform');
    expect((await run({ expression: '(1 + ', data: null })).result).toMatchObject(failedForGood('at character'));
    expect((await run({ expression: '$nothing(1)', data: null })).result).toMatchObject(failedForGood('non-function'));
  });

  test('an expression does not reach the program that runs it', async () => {
    const run = await openPackage('data-transform');
    for (const expression of ['constructor.constructor', '$.__proto__', '$string.constructor("return process")()', '$keys.constructor']) {
      const { result } = await run({ expression, data: {} });
      expect(result.kind === 'failed' || result.outputs['result'] === null || typeof result.outputs['result'] === 'string').toBe(true);
      expect(JSON.stringify(result)).not.toContain('execPath');
    }
  });
});

describe('pkg:report/markdown', () => {
  test('title, text, facts, lists and tables become Markdown', async () => {
    const run = await openPackage('report-markdown');
    const sections = [
      { heading: 'Facts', text: 'First.\n\nSecond.', facts: { components: 2, 'valid SBOM': true } },
      {
        heading: 'Licences',
        list: ['MIT', { a: 1 }],
        table: {
          columns: [
            { key: 'license', title: 'Licence' },
            { key: 'count', align: 'right' },
          ],
          rows: [{ license: 'MIT', count: 2, other: 1 }, { license: 'ISC' }],
          maxRows: 1,
        },
      },
      { heading: 'Empty', table: { rows: [] } },
    ];
    const { markdown } = outputsOf(await run({ title: 'Audit', summary: 'All fine', sections }));
    expect(markdown).toBe(
      '# Audit\n\nAll fine\n\n## Facts\n\nFirst.\n\nSecond.\n\n| What | Value |\n| --- | --- |\n| components | 2 |\n| valid SBOM | true |\n\n## Licences\n\n- MIT\n- \\{"a":1\\}\n\n' +
        '| Licence | count |\n| --- | ---: |\n| MIT | 2 |\n\n1 more rows are not shown.\n\n## Empty\n\nNothing to show.\n',
    );
  });

  test('data cannot become markup or break out of its cell', async () => {
    const run = await openPackage('report-markdown');
    const rows = [
      {
        'a|b': 'x | y\n| z',
        html: '<script>alert(1)</script>',
        link: '[click](https://example.com)',
        image: '![x](http://e)',
        code: '`x`',
        entity: '&lt;',
      },
    ];
    const { markdown } = outputsOf(
      await run({ title: '# *Title*\n# second', sections: [{ heading: '1. first', text: '- no list\n\n> no quote', table: { rows } }] }),
    );
    const lines = (markdown as string).trimEnd().split('\n');
    expect(lines[0]).toBe('# \\# \\*Title\\* \\# second');
    expect(lines).toContain('## 1\\. first');
    expect(lines).toContain('\\- no list');
    expect(lines.at(-1)?.match(/(?<!\\)\|/g)).toHaveLength(7);
    expect(markdown).not.toMatch(/(?<!\\)[<>`[\]&]/);
  });

  test('names of packages stay readable', async () => {
    const run = await openPackage('report-markdown');
    const { markdown } = outputsOf(
      await run({ title: 'x', sections: [{ heading: 'y', list: ['@scope/left-pad@1.0.0', 'node_modules', 'c++'] }] }),
    );
    expect(markdown).toContain('- @scope/left-pad@1.0.0\n- node_modules\n- c\\+\\+\n');
  });
});

describe('pkg:crypto/digest', () => {
  test('text, base64 and canonical JSON have the digests that the world computes', async () => {
    const run = await openPackage('crypto-digest');
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expect(outputsOf(await run({ text: '' }))).toEqual({ algorithm: 'sha256', hex: empty, digest: `sha256:${empty}`, sizeBytes: 0 });
    expect(outputsOf(await run({ base64: 'AP/+' }))).toMatchObject({ digest: digestBytes(Buffer.of(0, 255, 254)) });
    expect(outputsOf(await run({ json: { b: 1, a: 'é' } }))).toMatchObject({ digest: digestBytes('{"a":"é","b":1}') });
    expect(outputsOf(await run({ text: 'abc', algorithm: 'sha512' }))).toMatchObject({ hex: expect.stringMatching(/^ddaf35a193617aba/) });
  });

  test('what is not base64 is refused, and so is no or more than one source', async () => {
    const run = await openPackage('crypto-digest');
    expect((await run({ base64: 'not base64!' })).result).toMatchObject(failedForGood('not base64'));
    expect((await run({})).issues).not.toEqual([]);
    expect((await run({ text: '', json: 1 })).issues).not.toEqual([]);
  });
});

describe('pkg:demo/*', () => {
  test('echo answers its inputs', async () => {
    const run = await openPackage('demo-echo');
    expect(outputsOf(await run({ a: [1, { b: 'ü' }] }))).toEqual({ a: [1, { b: 'ü' }] });
  });

  test('sleep takes its time', async () => {
    const run = await openPackage('demo-sleep');
    const slept = await run({ ms: 300, value: 'x' });
    expect(outputsOf(slept)).toEqual({ sleptMs: 300, value: 'x' });
    expect(slept.result.usage.wallMs).toBeGreaterThanOrEqual(300);
  });

  test('fail fails in each way, and succeeds when it has failed often enough', async () => {
    const run = await openPackage('demo-fail');
    expect((await run({ message: 'no' })).result).toMatchObject({ failure: 'error', message: 'no', retryable: true });
    expect((await run({ retryable: false })).result).toMatchObject({ failure: 'error', retryable: false });
    const exited = await run({ kind: 'exit' });
    expect(exited.result).toMatchObject({ failure: 'crashed', retryable: true });
    expect(texts(exited)[0]).toBe('attempt 1 fails (exit)');
    expect((await run({ kind: 'hang' }, { timeoutMs: 700 })).result).toMatchObject({ failure: 'timeout', retryable: true });
    expect((await run({ failTimes: 2 }, { attempt: 2 })).result).toMatchObject({ failure: 'error' });
    expect(outputsOf(await run({ failTimes: 2, value: 1 }, { attempt: 3 }))).toEqual({ attempt: 3, value: 1 });
  });
});
