import { describe, expect, test } from '@jest/globals';
import { Manifest } from '../../../../shared/manifest/manifest.ts';
import { checkPackageUse } from '../../../../shared/manifest/rules/check-package-use.ts';
import { buildManifest, buildOneTask } from '../../../support/build-manifest.ts';
import { buildDescriptor } from '../../../support/build-package.ts';

type Fields = Record<string, unknown>;
const uses = 'pkg:demo/echo@1.0.0';

function issues(manifest: Fields, schemas: { inputs?: Fields; outputs?: Fields }): string[] {
  const descriptor = buildDescriptor({ inputs: { type: 'object', ...schemas.inputs }, outputs: { type: 'object', ...schemas.outputs } });
  return checkPackageUse(Manifest.parse(manifest), new Map([[uses, descriptor]])).map(({ code, pointer }) => `${code} ${pointer}`);
}

const declared = {
  who: { type: 'string' },
  count: { type: 'integer' },
  size: { type: 'number' },
  lock: { type: 'file' },
  list: { type: 'array' },
};
const given = (value: unknown, property: unknown): string[] =>
  issues({ ...buildOneTask({ with: { x: value } }), inputs: declared }, { inputs: { properties: { x: property } } });

describe('inputs of a package', () => {
  test('that are required must be given; what is given must be known when the package takes nothing else', () => {
    const inputs = { properties: { a: {}, b: {} }, required: ['a', 'b'], additionalProperties: false };
    expect(issues(buildOneTask({ with: { b: 1, c: 2 } }), { inputs })).toEqual([
      'missing-input /tasks/0/with/a',
      'unknown-field /tasks/0/with/c',
    ]);
    expect(issues(buildOneTask(), { inputs })).toEqual(['missing-input /tasks/0/with/a', 'missing-input /tasks/0/with/b']);
  });

  test('may have any name when the package says so, by itself or by a pattern', () => {
    expect(issues(buildOneTask({ with: { c: 2 } }), { inputs: { properties: { a: {} } } })).toEqual([]);
    expect(issues(buildOneTask({ with: { c: 2 } }), { inputs: { patternProperties: { '^c$': {} }, additionalProperties: false } })).toEqual(
      [],
    );
  });

  test('of a compensation are judged too', () => {
    const manifest = buildOneTask({ with: { a: 1 }, compensate: { uses, with: { z: 1 } } });
    expect(issues(manifest, { inputs: { properties: { a: {} }, required: ['a'], additionalProperties: false } })).toEqual([
      'missing-input /tasks/0/compensate/with/a',
      'unknown-field /tasks/0/compensate/with/z',
    ]);
  });

  test.each([
    ['text', 'x', 'string'],
    ['a whole number where a number is taken', 1, 'number'],
    ['one of two types', null, ['string', 'null']],
    ['a list', [1], 'array'],
    ['an object', {}, 'object'],
    ['text around a reference', 'a ${{ inputs.count }}', 'string'],
    ['an input', '${{ inputs.who }}', 'string'],
    ['a number input where a whole number is taken, which may be one', '${{ inputs.size }}', 'integer'],
    ['a file as an object', '${{ inputs.lock }}', 'object'],
    ['the path of a file', '${{ inputs.lock.path }}', 'string'],
  ])('%s fits', (_, value, type) => {
    expect(given(value, { type })).toEqual([]);
  });

  test.each([
    ['a number', 1, 'string'],
    ['a broken number', 1.5, 'boolean'],
    ['true', true, 'object'],
    ['null', null, 'string'],
    ['a list', [], 'object'],
    ['text around a reference', 'a ${{ inputs.count }}', 'integer'],
    ['an input of another type', '${{ inputs.list }}', 'string'],
    ['a file where its path is taken', '${{ inputs.lock }}', 'string'],
  ])('%s does not fit what the package takes', (_, value, type) => {
    expect(given(value, { type })).toEqual(['package-input /tasks/0/with/x']);
  });

  test('outside an enumeration are refused, unless a reference decides', () => {
    const property = { enum: ['a', { b: 1 }] };
    expect(given('c', property)).toEqual(['package-input /tasks/0/with/x']);
    expect([given('a', property), given({ b: 1 }, property), given('${{ inputs.who }}', property)]).toEqual([[], [], []]);
  });

  test('are not judged by a schema that says nothing that is understood here', () => {
    expect(given(1, true)).toEqual([]);
    expect(given(1, { type: 7, enum: 'x' })).toEqual([]);
    expect(issues(buildOneTask({ with: { a: 1 } }), { inputs: { properties: 5, required: 'a' } })).toEqual([]);
  });
});

describe('outputs of a package', () => {
  const two = (text: string): Fields => ({
    ...buildOneTask(),
    tasks: [
      { id: 'a', uses },
      { id: 'b', uses, needs: ['a'], with: { x: text } },
    ],
    outputs: { o: text },
  });
  const outputs = { properties: { message: { type: 'string' } }, additionalProperties: false };
  const inputs = { properties: { x: { type: 'integer' } } };

  test('that it does not give cannot be used', () => {
    expect(issues(two('${{ tasks.a.outputs.massage }}'), { outputs })).toEqual([
      'unknown-output /tasks/1/with/x',
      'unknown-output /outputs/o',
    ]);
    expect(issues(two('${{ tasks.a.outputs.massage }}'), { outputs: { properties: {} } })).toEqual([]);
  });

  test('have a type that the next package must take', () => {
    expect(issues(two('${{ tasks.a.outputs.message }}'), { outputs, inputs })).toEqual(['package-input /tasks/1/with/x']);
    expect(issues(two('${{ tasks.a.outputs.message.deeper }}'), { outputs, inputs })).toEqual([]);
  });

  test('of a package that is not there are somebody else’s problem', () => {
    expect(checkPackageUse(Manifest.parse(two('${{ tasks.a.outputs.x }}')), new Map())).toEqual([]);
  });
});

describe('a package of a thousand long names', () => {
  const names = Array.from({ length: 1_000 }, (_, at) => `${'n'.repeat(20)}${at}`);
  const properties = Object.fromEntries(names.map((name) => [name, {}]));
  const schema = { type: 'object' as const, properties, required: names, additionalProperties: false };
  const packages = new Map([[uses, buildDescriptor({ inputs: schema, outputs: schema })]]);
  const tasksOf = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `t${at}`, uses }));

  test('is not looked at further than issues are listed, nor does an issue hold all names', () => {
    const found = checkPackageUse(Manifest.parse(buildManifest({ tasks: tasksOf(500), inputs: undefined })), packages);
    expect(found).toHaveLength(501);
    expect(found.at(-1)).toMatchObject({ code: 'more', message: 'more problems are not listed' });
    expect(found[0]?.allowed).toMatch(/^n+0, .* and 970 more$/);
    expect(JSON.stringify(found).length).toBeLessThan(2_000_000);
  });

  test('has a suggestion for the first of many outputs that it does not give', () => {
    const outputs = { list: Array.from({ length: 1_000 }, (_, at) => `\${{ tasks.t0.outputs.${'n'.repeat(20)}x${at} }}`) };
    const given = Object.fromEntries(names.map((name) => [name, 1]));
    const task = { id: 't0', uses, with: given };
    const found = checkPackageUse(Manifest.parse(buildManifest({ tasks: [task], inputs: undefined, outputs })), packages);
    expect(found).toHaveLength(501);
    expect(found.filter(({ fix }) => fix?.startsWith('Did you mean'))).toHaveLength(20);
  });
});
