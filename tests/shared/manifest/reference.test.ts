import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../shared/core/json/canonical-json.ts';
import { collectReferences, resolveReferences } from '../../../shared/manifest/reference.ts';

const inputs: JsonObject = {
  who: 'Ada',
  count: 3,
  none: null,
  list: [1, { a: 2 }],
  lock: { digest: 'sha256:00', name: 'package-lock.json' },
};
const outputs: Record<string, JsonObject> = { build: { text: 'built', nested: { deep: [{ x: true }] }, 'a-b': 1 } };
const scope = { inputs, outputsOf: (taskId: string) => outputs[taskId] };
const resolve = (value: Json): Json | undefined => resolveReferences({ value }, scope)['value'];

describe('a string that is exactly one reference', () => {
  test.each<[string, Json]>([
    ['${{ inputs.who }}', 'Ada'],
    ['${{inputs.count}}', 3],
    ['${{ inputs.none }}', null],
    ['${{ inputs.list }}', [1, { a: 2 }]],
    ['${{ inputs.lock }}', { digest: 'sha256:00', name: 'package-lock.json' }],
    ['${{ inputs.lock.name }}', 'package-lock.json'],
    ['${{ inputs.lock.path }}', 'lock/package-lock.json'],
    ['${{ inputs.lock.digest }}', 'sha256:00'],
    ['${{ tasks.build.outputs.text }}', 'built'],
    ['${{ tasks.build.outputs.nested.deep.0.x }}', true],
    ['${{ tasks.build.outputs.a-b }}', 1],
  ])('%s takes the value with its type', (text, value) => {
    expect(resolve(text)).toEqual(value);
  });
});

describe('a reference inside text', () => {
  test('becomes text; what is no text becomes JSON', () => {
    expect(resolve('${{ inputs.who }}: ${{ inputs.count }} ${{ inputs.none }} ${{ inputs.list }}')).toBe('Ada: 3 null [1,{"a":2}]');
  });

  test('is not read again after it was inserted, so values cannot smuggle references in', () => {
    const hostile = { inputs: { a: '${{ inputs.secret }}', secret: 's' }, outputsOf: () => undefined };
    expect(resolveReferences({ x: '${{ inputs.a }}', y: '<${{ inputs.a }}>' }, hostile)).toEqual({
      x: '${{ inputs.secret }}',
      y: '<${{ inputs.secret }}>',
    });
  });
});

describe('an optional input that nobody gave', () => {
  test('leaves its field out, is null in a list and nothing in text', () => {
    expect(
      resolveReferences(
        { a: '${{ inputs.gone }}', b: ['${{ inputs.gone }}'], c: '<${{ inputs.gone }}>', d: { e: '${{ inputs.gone.path }}' } },
        scope,
      ),
    ).toEqual({
      b: [null],
      c: '<>',
      d: {},
    });
  });

  test('is not found on the prototype of the inputs', () => {
    expect(resolveReferences({ a: '${{ inputs.constructor }}', b: '${{ inputs.toString }}' }, scope)).toEqual({});
  });
});

describe('an output that the task did not give', () => {
  test.each([
    '${{ tasks.build.outputs.gone }}',
    '${{ tasks.build.outputs.text.length }}',
    '${{ tasks.build.outputs.nested.deep.length }}',
    '${{ tasks.other.outputs.x }}',
  ])('%s is an error, not nothing', (text) => {
    expect(() => resolve(text)).toThrow(expect.objectContaining({ code: 'mc:execution:output-missing' }));
  });
});

test('a reference that is none is refused when it was not validated before', () => {
  expect(() => resolve('${{ oops }}')).toThrow(expect.objectContaining({ code: 'mc:manifest:invalid' }));
});

test('few references cannot multiply one large output into a huge input', () => {
  const large = { inputs: { big: 'x'.repeat(1_000_000) }, outputsOf: () => undefined };
  expect(resolveReferences({ a: Array(8).fill('${{ inputs.big }}') as Json }, large)['a']).toHaveLength(8);
  expect(() => resolveReferences({ a: Array(9).fill('${{ inputs.big }}') as Json }, large)).toThrow('insert more than');
});

describe('collecting references', () => {
  test('finds each with its place, well formed or not, and says whether it is the whole text', () => {
    const value = {
      a: ['${{ inputs.x }} ${{ tasks.t.outputs.y.z }}'],
      'b/c': '${{ inputs.f.path }}',
      d: '${{ what',
      e: { f: '${{ }}' },
      g: 1,
      h: null,
      i: '$ {{ }}',
    };
    expect(collectReferences(value, ['with']).map(({ pointer, text, reference, isWhole }) => [pointer, text, reference, isWhole])).toEqual([
      ['/with/a/0', '${{ inputs.x }}', { kind: 'input', name: 'x' }, false],
      ['/with/a/0', '${{ tasks.t.outputs.y.z }}', { kind: 'output', taskId: 't', path: ['y', 'z'] }, false],
      ['/with/b~1c', '${{ inputs.f.path }}', { kind: 'input', name: 'f', part: 'path' }, true],
      ['/with/d', '${{ what', undefined, true],
      ['/with/e/f', '${{ }}', undefined, true],
    ]);
  });

  test.each([
    'tasks.t',
    'tasks.t.outputs',
    'tasks.t.outputs.',
    'tasks.t.outputs.a..b',
    'inputs',
    'inputs.',
    'inputs.a b',
    'inputs.1a',
    'inputs.a.size',
    'Inputs.a',
    "inputs['a']",
  ])('%s is no reference', (expression) => {
    expect(collectReferences(`\${{ ${expression} }}`)[0]?.reference).toBeUndefined();
  });
});

test('values without references come back equal, and every reference is found where it was put', () => {
  const text = fc.string().filter((value) => !value.includes('${{'));
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.oneof(fc.integer(), text, fc.array(text))),
      text,
      text,
      (value, before, after) => {
        expect(resolveReferences(value, scope)).toEqual(value);
        expect(collectReferences(value)).toEqual([]);
        expect(resolve(`${before.replaceAll('$', '')} \${{ inputs.who }}${after}`)).toBe(`${before.replaceAll('$', '')} Ada${after}`);
      },
    ),
  );
});
