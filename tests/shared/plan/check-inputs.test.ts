import { describe, expect, test } from '@jest/globals';
import type { Json, JsonObject } from '../../../shared/core/json/canonical-json.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import { Manifest } from '../../../shared/manifest/manifest.ts';
import { checkInputs } from '../../../shared/plan/check-inputs.ts';
import { buildManifest } from '../../support/build-manifest.ts';

const check = (inputs: Record<string, unknown>, given: JsonObject): ReturnType<typeof checkInputs> =>
  checkInputs(Manifest.parse(buildManifest({ inputs })), given);
const file = { digest: digestBytes('x'), name: 'package-lock.json' };

describe('inputs of a run', () => {
  test('are filled up with defaults; an optional one that was not given stays absent', () => {
    const inputs = {
      who: { type: 'string' },
      count: { type: 'integer', default: 3 },
      note: { type: 'string', required: false },
      on: { type: 'boolean', default: false },
    };
    expect(check(inputs, { who: 'Ada', on: true })).toEqual({ inputs: { who: 'Ada', count: 3, on: true }, issues: [] });
  });

  test('that are missing or unknown are all named, with the place and what was meant', () => {
    const { issues } = check({ who: { type: 'string', description: 'a name' }, lock: { type: 'file' } }, { whom: 'Ada', zzzzzz: 1 });
    expect(issues).toMatchObject([
      {
        code: 'missing-input',
        pointer: '/inputs/who',
        message: 'the input who is missing (a name)',
        fix: expect.stringMatching(/^Give it in `inputs`;/),
      },
      { code: 'missing-input', pointer: '/inputs/lock', allowed: 'an uploaded file: {digest, name}' },
      { code: 'unknown-input', pointer: '/inputs/whom', fix: 'Did you mean who?' },
      { code: 'unknown-input', pointer: '/inputs/zzzzzz', fix: 'Leave it out.' },
    ]);
  });

  test('a manifest without inputs takes none', () => {
    const manifest = Manifest.parse(buildManifest({ inputs: undefined }));
    expect(checkInputs(manifest, {})).toEqual({ inputs: {}, issues: [] });
    expect(checkInputs(manifest, { a: 1 }).issues).toHaveLength(1);
  });

  test('are not taken from the prototype', () => {
    expect(check({ constructor: { type: 'object' } }, {}).issues).toMatchObject([
      { code: 'missing-input', pointer: '/inputs/constructor' },
    ]);
  });

  test('that nest too deeply, have names that are too long or no UTF-8 form are refused', () => {
    let deep: Json = 1;
    for (let level = 0; level < 40; level++) deep = [deep];
    expect(check({ a: { type: 'array' } }, { a: deep }).issues).toMatchObject([{ code: 'depth' }]);
    expect(check({ a: { type: 'object' } }, { a: { ['x'.repeat(1_100)]: [1, 2, 3] } }).issues).toMatchObject([
      { code: 'path', pointer: '/inputs/a' },
    ]);
    expect(check({ a: { type: 'string' } }, { a: '\ud800' }).issues).toMatchObject([{ code: 'text', pointer: '/inputs/a' }]);
  });
});

describe('the type of an input', () => {
  const values: Record<string, Json> = {
    text: 'x',
    whole: 1,
    part: 1.5,
    huge: 1e300,
    yes: true,
    nothing: null,
    object: {},
    list: [],
    file,
  };
  const taken: Record<string, string[]> = {
    string: ['text'],
    number: ['whole', 'part', 'huge'],
    integer: ['whole'],
    boolean: ['yes'],
    object: ['object', 'file'],
    array: ['list'],
    file: ['file'],
  };

  test.each(Object.entries(taken))('%s takes %j and nothing else; nothing is converted', (type, names) => {
    const fits = Object.entries(values).filter(([, value]) => check({ a: { type } }, { a: value }).issues.length === 0);
    expect(fits.map(([name]) => name).sort()).toEqual([...names].sort());
  });

  test.each([{ digest: 'sha256:00', name: 'a' }, { digest: file.digest, name: '../a' }, { digest: file.digest }, { ...file, path: 'a/b' }])(
    '%j is no file',
    (value) => {
      expect(check({ a: { type: 'file' } }, { a: value }).issues).toMatchObject([{ code: 'input-type', pointer: '/inputs/a' }]);
    },
  );
});

test('of thousands of inputs that are not declared, the first are listed and counted, and the first of those have a suggestion', () => {
  const named = (count: number, value: Json): JsonObject =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`${'n'.repeat(20)}${at}`, value]));
  const declared = named(100, { type: 'string', required: false });
  const given = Object.fromEntries(Object.keys(named(3_000, 1)).map((name) => [`x${name}`, 1]));
  const { issues } = check(declared, given);
  expect(issues).toHaveLength(501);
  expect(issues.at(-1)?.message).toBe('2500 more problems are not listed');
  expect(issues.filter(({ fix }) => fix?.startsWith('Did you mean'))).toHaveLength(20);
});
