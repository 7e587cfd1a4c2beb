import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { Parser, stringify } from 'yaml';
import { McError } from '../../../shared/core/errors.ts';
import type { Issue } from '../../../shared/core/issue.ts';
import { manifestLimits } from '../../../shared/manifest/manifest.ts';
import { parseManifest } from '../../../shared/manifest/parse-manifest.ts';
import { isStorableNumber } from '../../../shared/port/table-rules.ts';
import { buildManifest, buildManifestText } from '../../support/build-manifest.ts';

const yaml = 'application/yaml';
const json = 'application/json';

function errorOf(text: string, mediaType = yaml): McError {
  try {
    parseManifest(text, mediaType);
  } catch (error) {
    if (error instanceof McError) return error;
    throw error;
  }
  throw new Error('the text was accepted');
}

const issuesOf = (text: string, mediaType = yaml): readonly Issue[] => errorOf(text, mediaType).issues;
const placesOf = (text: string, mediaType = yaml): string[] =>
  issuesOf(text, mediaType).map(({ code, line, column }) => `${code} ${line}:${column}`);

describe('a valid manifest', () => {
  test('reads the same from YAML and JSON, with one digest', () => {
    const fromYaml = parseManifest(buildManifestText(), yaml);
    expect(parseManifest(JSON.stringify(buildManifest()), json)).toEqual(fromYaml);
    expect(fromYaml.manifest).toEqual(buildManifest());
    expect(fromYaml.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test('has a released digest that never changes', () => {
    expect(parseManifest(buildManifestText(), yaml).digest).toBe('sha256:abe0d85851cac778414f85f022a628c7e748d9d605d1cc21a00067bb5c2dc5e7');
  });

  test('may repeat itself with anchors, carry a byte order mark and end lines as Windows does', () => {
    const text = '\uFEFF' + buildManifestText().replace('message: Hello', 'message: &hello Hello').replaceAll('\n', '\r\n');
    expect(parseManifest(text, yaml).digest).toBe(parseManifest(buildManifestText(), yaml).digest);
    const aliased =
      'name: hello\nversion: 1.0.0\ntasks:\n  - id: a\n    uses: pkg:demo/echo@1.0.0\n    with: &w { message: x }\n  - { id: b, uses: pkg:demo/echo@1.0.0, with: *w }\n';
    expect(parseManifest(aliased, yaml).manifest.tasks[1]?.with).toEqual({ message: 'x' });
  });

  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, entry]) => [key, shuffled(entry)]),
    );
  };

  const hasStorableNumbers = (value: unknown): boolean =>
    typeof value === 'number' ? isStorableNumber(value) : typeof value !== 'object' || Object.values(value ?? {}).every(hasStorableNumbers);
  const isPlain = (value: unknown): boolean => hasStorableNumbers(value) && !/__proto__|\$\{\{/.test(JSON.stringify(value));

  test('has a digest that depends on neither the order of keys nor the syntax', () => {
    const key = fc.stringMatching(/^[a-z]{1,8}$/);
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue({ maxDepth: 4 }).filter(isPlain)), (data) => {
        const value = buildManifest({ tasks: [{ id: 'a', uses: 'pkg:demo/echo@1.0.0', with: { ...data } }] });
        const { digest, manifest } = parseManifest(JSON.stringify(value), json);
        expect(parseManifest(JSON.stringify(shuffled(value)), json).digest).toBe(digest);
        expect(parseManifest(JSON.stringify(value, null, '\t'), yaml)).toEqual({ digest, manifest });
        expect(parseManifest(stringify(value), yaml).digest).toBe(digest);
      }),
      { numRuns: 200 },
    );
  });
});

describe('text that cannot be read', () => {
  test.each([
    ['two documents', `${buildManifestText()}---\na: 1\n`, ['multiple-documents 17:1']],
    ['a key twice', 'name: a\nname: b\n', ['duplicate-key 2:1']],
    ['a nested key twice', 'tasks:\n  - id: a\n    id: b\n', ['duplicate-key 3:5']],
    ['an unfinished list', 'tasks: [1\nname: x\n', ['syntax 2:1']],
    ['an alias without anchor', 'name: *nobody\n', ['alias 1:7']],
    ['an alias inside its own anchor', 'tasks: &t [*t]\n', ['alias-cycle 1:12']],
    ['a tag', 'name: !!binary aGVsbG8=\n', ['tag 1:7']],
    ['a list as key', '? [a]\n: b\n', ['key 1:3']],
    ['__proto__', '__proto__: 1\n', ['key 1:1']],
    ['a number that would be rounded', 'with: 9007199254740993\n', ['number 1:7']],
    ['an unknown directive', '%FOO bar\n---\nname: a\n', ['syntax 1:1']],
    ['tabs as indentation', 'tasks:\n\t- id: a\n', ['syntax 2:1']],
  ])('%s is refused at its line and column', (_, text, places) => {
    expect(placesOf(text)).toEqual(places);
  });

  test('aliases that multiply are refused long before they fill the memory', () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x]'];
    for (const letter of 'bcdefghijklmn')
      lines.push(
        `${letter}: &${letter} [${Array(8)
          .fill(`*${String.fromCharCode(letter.charCodeAt(0) - 1)}`)
          .join(', ')}]`,
      );
    expect(issuesOf(lines.join('\n')).map(({ code }) => code)).toEqual(['alias-count']);
  });

  test('a hundred aliases of one huge list are refused long before they fill the memory', () => {
    const text = `a: &a [${'0,'.repeat(100_000)}]\nb: [${'*a,'.repeat(100)}]`;
    expect(issuesOf(text).map(({ code, line }) => [code, line])).toEqual([['alias-count', 2]]);
  });

  test('100 aliases are fine, 101 are not', () => {
    const text = (count: number): string =>
      `name: hello\nversion: 1.0.0\ntasks:\n  - id: a\n    uses: pkg:demo/echo@1.0.0\n    with: { x: &x 1, list: [${Array(count).fill('*x').join(', ')}] }\n`;
    expect(parseManifest(text(100), yaml).manifest.name).toBe('hello');
    expect(issuesOf(text(101)).map(({ code }) => code)).toEqual(['alias-count']);
  });

  test.each([
    ['[', ''],
    ['{"a":', ''],
    ['- ', ''],
    ['? ', ''],
    ['[', ']'],
  ])('nesting with %j is refused, however deep', (open, close) => {
    const count = Math.floor(manifestLimits.bytes / (open.length + close.length));
    expect(issuesOf(open.repeat(count) + close.repeat(close ? count : 0)).map(({ code }) => code)).toEqual(['depth']);
  });

  test.each([
    ['no text', '', 'the manifest is empty'],
    ['only comments', '# nothing\n', 'the manifest is empty'],
    ['a word', 'hello', 'the manifest is no mapping of fields to values'],
    ['a list', '- hello', 'the manifest is no mapping of fields to values'],
  ])('%s is no manifest', (_, text, message) => {
    const allowed = 'a mapping with name, version and tasks';
    expect(issuesOf(text)).toMatchObject([{ code: 'invalid-type', pointer: '', line: 1, column: 1, message, allowed }]);
  });

  test.each([
    ['that the parser finds', ']\n'],
    ['that the composer finds', '- &a &b\n'],
    ['that the reader finds', '- *a\n'],
    ['of a text that can be read', '- 1e999\n'],
  ])('of many mistakes %s the first 500 are listed', (_, mistake) => {
    const issues = issuesOf(`tasks:\n${mistake.repeat(5_000)}`);
    const more = { code: 'more', pointer: '', message: expect.stringContaining('more problems are not listed'), fix: expect.any(String) };
    expect([issues.length, issues.at(-1)]).toEqual([501, more]);
    expect(issues[400]?.line).toBeGreaterThan(390);
  });

  test('nothing is read after a second document begins, or after more mistakes than are listed', () => {
    const [list, deep] = ['- a\n'.repeat(3), '['.repeat(200)];
    expect(placesOf(`${list}---\n${deep}`)).toEqual(['multiple-documents 4:1']);
    expect(placesOf(`${list}--- &a &b\n${']'.repeat(600)}`)).toEqual(['multiple-documents 4:1']);
    const next = jest.spyOn(Parser.prototype, 'next'); // Once for each lexical token.
    expect(issuesOf(']\n'.repeat(5_000))).toHaveLength(501);
    expect(next.mock.calls.length).toBeLessThan(1_100);
    next.mockRestore();
  });

  test('no more of a document is put together than it takes to list its mistakes', () => {
    const decoded = jest.spyOn(globalThis, 'decodeURIComponent'); // Once for each tag.
    const issues = issuesOf(`%TAG ! tag:example.com,${'x'.repeat(100_000)}\n---\n${'- !a\n'.repeat(2_000)}`);
    expect(decoded).toHaveBeenCalledTimes(501);
    decoded.mockRestore();
    expect(issues[0]).toMatchObject({ code: 'tag', message: expect.stringMatching(/^Unresolved tag: tag:example.com,x+$/) });
    expect(JSON.stringify(issues).length).toBeLessThan(250_000);
  });

  test('a value below long names is refused before each of its neighbours repeats them', () => {
    const text = (name: string): string => `${buildManifestText()}      ? ${name}\n      : { x: [${'0,'.repeat(30_000)}] }\n`;
    expect(issuesOf(text('x'.repeat(100_000)))).toMatchObject([{ code: 'path', pointer: '/tasks/1/with', line: 18 }]);
    expect(issuesOf(text('x'.repeat(1_003))).slice(0, 1)).toMatchObject([
      { code: 'path', pointer: expect.stringMatching(/^.tasks.1.with.x+.x$/) },
    ]);
    expect(parseManifest(text('x'.repeat(1_002)), yaml).manifest.name).toBe('hello');
  });

  test('arbitrary text ends in an McError, never in another error', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...' \n\t-:[]{}&*!|>\'"%@`#,?ab01'), maxLength: 60 }), (text) => void errorOf(text)),
      { numRuns: 1_000 },
    );
  });
});

describe('JSON', () => {
  test.each([
    ['a trailing comma', '{"name": "a",}', ['syntax 1:14']],
    ['an unquoted key', '{\n  name: 1}', ['syntax 2:3']],
    ['a stray word', '{"name": "a",\n "tasks": [x]}', ['syntax 2:12']],
    ['an end that is missing', '{"name": "a"', ['syntax 1:13']],
    ['YAML', 'name: hello', ['syntax 1:2']],
  ])('with %s is refused at its line and column', (_, text, places) => {
    expect(placesOf(text, json)).toEqual(places);
    expect(placesOf(text, 'application/problem+json; charset=utf-8')).toEqual(places);
  });

  test('with a key twice is refused, although the platform’s parser would take it', () => {
    expect(placesOf('{"name": "a",\n "name": "b"}', json)).toEqual(['duplicate-key 2:2']);
  });

  test('with a number that would become infinite is refused', () => {
    const text = JSON.stringify(buildManifest({ outputs: { n: 'N' } })).replace('"N"', '1e999');
    expect(issuesOf(text, json)).toMatchObject([{ code: 'number', pointer: '/outputs/n' }]);
  });
});

describe('a tab as indentation', () => {
  test('is told as that, with what to do', () => {
    expect(issuesOf('tasks:\n\t- id: a\n')).toMatchObject([
      { code: 'syntax', message: 'a tab stands where YAML takes only spaces', fix: expect.stringContaining('spaces in place of the tab') },
    ]);
  });
});

describe('positions', () => {
  const text = `name: hello
version: 1.0
tasks:
  - id: one
    uses: pkg:demo/echo@1.0.0
    neds: [two]
    needs: [ two, three ]
  - id: two
    needs:
      - one
`;

  test('point at the value, at the key of an unknown field, and at the parent of what is missing; in the order of the text', () => {
    expect(issuesOf(text).map(({ code, pointer, line, column }) => [code, pointer, line, column])).toEqual([
      ['invalid-type', '/version', 2, 10],
      ['unknown-field', '/tasks/0/neds', 6, 5],
      ['cycle', '/tasks/0/needs/0', 7, 14],
      ['unknown-need', '/tasks/0/needs/1', 7, 19],
      ['required', '/tasks/1/uses', 8, 5],
    ]);
    expect(issuesOf(text)[0]?.fix).toBe('Write three numbers, such as 1.0.0.');
  });

  test('inside an alias are those of the alias', () => {
    const aliased = 'name: hello\nversion: 1.0.0\nx: &bad { a: 1 }\ntasks:\n  - *bad\n';
    expect(issuesOf(aliased).find(({ code }) => code === 'required')).toMatchObject({ line: 5, column: 5 });
  });

  test('keep keys with slashes and tildes apart', () => {
    const odd = buildManifestText({ outputs: undefined }) + 'outputs:\n  ok: 1\n  a/b: 1\n  "~": 1\n';
    expect(issuesOf(odd).map(({ pointer, line }) => [pointer, line])).toEqual([
      ['/outputs/a~1b', 19],
      ['/outputs/~0', 20],
    ]);
  });
});

describe('size', () => {
  const padded = (bytes: number): string => buildManifestText() + '#'.repeat(bytes - Buffer.byteLength(buildManifestText()));

  test('a manifest of the limit is read, one byte more is refused', () => {
    expect(parseManifest(padded(manifestLimits.bytes), yaml).manifest.name).toBe('hello');
    expect(errorOf(padded(manifestLimits.bytes + 1)).code).toBe('mc:manifest:too-large');
  });

  test('10 MB are refused, and bytes are counted, not characters', () => {
    expect(errorOf('x'.repeat(10_000_000)).message).toBe('the manifest has 10000000 bytes, allowed are 262144');
    expect(errorOf('ü'.repeat(manifestLimits.bytes / 2 + 1)).code).toBe('mc:manifest:too-large');
  });

  test('aliases cannot make a small text a large manifest', () => {
    const big = 'x'.repeat(10_000);
    const text = `name: hello\nversion: 1.0.0\ntasks:\n  - id: a\n    uses: pkg:demo/echo@1.0.0\n    with: { x: &x ${big}, list: [${Array(50).fill('*x').join(', ')}] }\n`;
    expect(errorOf(text)).toMatchObject({ code: 'mc:manifest:too-large' });
  });
});
