import { describe, expect, jest, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import { checkAgainstSchema, checkSchema } from '../../../shared/package/check-schema.ts';

let count = 0;
/** Judges by a schema that was not judged by before. */
const judge = (schema: object, value: unknown): ReturnType<typeof checkAgainstSchema> =>
  checkAgainstSchema(digestBytes(String(count++)), 'inputs', schema, value);

describe('schemas of packages', () => {
  test('every way in which a value does not fit is named with its place', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'string' }, b: { enum: [1, 2] } },
      required: ['c'],
      additionalProperties: false,
    };
    expect(judge(schema, { a: 1, b: 3, 'd/e': 4 })).toEqual(
      expect.arrayContaining([
        { code: 'type', pointer: '/a', message: 'must be string', got: '1', allowed: 'string' },
        { code: 'enum', pointer: '/b', message: expect.any(String), got: '3', allowed: '1, 2' },
        { code: 'required', pointer: '/c', message: 'is missing' },
        { code: 'unknown-field', pointer: '/d~1e', message: 'is not a known field' },
      ]),
    );
  });

  test('a value that fits has no issues', () => {
    expect(judge({ type: 'object', properties: { a: { type: 'string', format: 'date-time' } } }, { a: '2026-01-01T00:00:00Z' })).toEqual(
      [],
    );
  });

  test('an object has the fields that were sent, whatever they are called', () => {
    expect(judge({ type: 'object', properties: { constructor: { type: 'string' } } }, {})).toEqual([]);
    expect(judge({ type: 'object', required: ['toString'] }, {})).toMatchObject([{ code: 'required', pointer: '/toString' }]);
    expect(judge({ type: 'object', required: ['toString'] }, { toString: 1 })).toEqual([]);
  });

  test('the number of issues is bounded', () => {
    expect(
      judge({ type: 'object', properties: { a: { items: { type: 'string' } } } }, { a: Array.from({ length: 1_000 }, () => 1) }),
    ).toHaveLength(50);
  });

  /** A schema that asks 2^30 times whether a value fits another. */
  const doubling = (d0: object): object => ({
    type: 'object',
    $defs: {
      d0,
      ...Object.fromEntries(
        Array.from({ length: 30 }, (_, at) => [`d${at + 1}`, { allOf: [{ $ref: `#/$defs/d${at}` }, { $ref: `#/$defs/d${at}` }] }]),
      ),
    },
    $ref: '#/$defs/d30',
  });

  test('of issues below a name of many characters, the first is named', () => {
    const schema = { type: 'object', additionalProperties: { additionalProperties: { type: 'string' } } };
    const wrong = (name: string): object => ({ [name]: { a: 1, b: 2 } });
    expect(judge(schema, wrong('n'.repeat(1_000)))).toHaveLength(2);
    expect(judge(schema, wrong('n'.repeat(100_000)))).toHaveLength(1);
  });

  const slow: readonly [string, object, unknown][] = [
    ['a regular expression that backtracks', { type: 'object', properties: { a: { pattern: '^(a+)+$' } } }, { a: `${'a'.repeat(50)}!` }],
    [
      'items that are compared with each other',
      { type: 'object', properties: { a: { uniqueItems: true } } },
      { a: Array.from({ length: 100_000 }, (_, index) => ({ index })) },
    ],
    ['references that double at every level', doubling({ type: 'object' }), {}],
    [
      'a choice of thousands for each of many values',
      { type: 'object', properties: { a: { items: { anyOf: Array.from({ length: 3_500 }, (_, at) => ({ const: at })) } } } },
      { a: Array.from({ length: 100_000 }, () => 3_499) },
    ],
    [
      'a list of allowed values that is compared with each of many',
      { type: 'object', properties: { a: { items: { enum: Array.from({ length: 3_500 }, (_, at) => ({ at })) } } } },
      { a: Array.from({ length: 100_000 }, () => ({ at: 3_499 })) },
    ],
    [
      'thousands of fields that each of many values may have',
      {
        type: 'object',
        properties: {
          a: {
            items: {
              type: 'object',
              properties: Object.fromEntries(Array.from({ length: 3_500 }, (_, at) => [`f${at}`, { type: 'string' }])),
            },
          },
        },
      },
      { a: Array.from({ length: 500_000 }, () => ({})) },
    ],
  ];
  for (const [what, schema, value] of slow) {
    test(`${what} cannot stop the program`, () => {
      expect(judge(schema, value)).toMatchObject([{ code: 'too-slow' }]);
    });
  }

  test('of ways to break a schema that could be millions, the first is named', () => {
    const required = Array.from({ length: 3_500 }, (_, at) => `f${at}`);
    const value = { a: Array.from({ length: 100_000 }, () => ({})) };
    const issues = judge({ type: 'object', properties: { a: { items: { required } } } }, value);
    expect(issues).toEqual([{ code: 'required', pointer: '/a/0/f0', message: 'is missing' }]);
    expect(judge(doubling({ required: ['a'] }), {})).toEqual([{ code: 'required', pointer: '/a', message: 'is missing' }]);
  });

  test('references that lead on without end are a way not to fit', () => {
    const schema = { type: 'object', $dynamicAnchor: 'n', allOf: [{ $dynamicRef: '#n' }] };
    expect(checkSchema(schema, 'inputs')).toEqual([]);
    expect(judge(schema, {})).toMatchObject([{ code: 'too-deep', pointer: '' }]);
  });

  test('a schema that takes long to be made ready is refused', () => {
    const patternProperties = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`p${at}`, { type: 'object' }]));
    expect(checkSchema({ type: 'object', patternProperties }, 'inputs')).toMatchObject([
      { code: 'schema', pointer: '/inputs', message: 'took more than 1000 ms to be made ready' },
    ]);
    expect(checkSchema({ type: 'object', patternProperties: { p: {} } }, 'inputs')).toEqual([]);
  });

  // A machine may stand still without a word, or look busy meanwhile.
  const halts: Record<string, () => void> = {
    'stands still': () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500),
    'is busy with something else': () => {
      const beganMs = performance.now();
      while (performance.now() - beganMs < 1_500);
    },
  };
  for (const [what, halt] of Object.entries(halts)) {
    test(`a machine that ${what} says nothing of a schema`, () => {
      let [looks, haltAt] = [0, Infinity];
      const schema = {
        type: 'object',
        get properties() {
          looks += 1;
          if (looks === haltAt) halt();
          return { a: { type: 'string' } };
        },
      };
      expect(checkSchema(schema, 'inputs')).toEqual([]);
      // The last look is one of the compiler's.
      const last = looks;
      [looks, haltAt] = [0, last];
      expect(checkSchema(schema, 'inputs')).toEqual([]);
      expect(looks).toBeGreaterThan(last);
    });
  }

  test('what many references name is code once', () => {
    const properties = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`p${at}`, { type: 'string' }]));
    const schema = {
      type: 'object',
      $defs: { many: { properties } },
      allOf: Array.from({ length: 100 }, () => ({ $ref: '#/$defs/many' })),
    };
    expect(checkSchema(schema, 'inputs')).toEqual([]);
    expect(judge(schema, { p99: 1 })).toMatchObject([{ code: 'type', pointer: '/p99' }]);
  });

  test('what a schema says does not get into what the home prints', () => {
    const [warn, error] = [jest.spyOn(console, 'warn'), jest.spyOn(console, 'error')];
    const schema = { type: 'object', properties: { a: { format: 'none\n{"level":"error"}' } } };
    expect(checkSchema(schema, 'inputs')).toEqual([]);
    expect(judge(schema, { a: 'x' })).toEqual([]);
    expect([...warn.mock.calls, ...error.mock.calls]).toEqual([]);
    jest.restoreAllMocks();
  });

  test('a schema that cannot be used is named with the reason', () => {
    expect(checkSchema({ type: 'object', properties: { a: { type: 'text' } } }, 'inputs')).toMatchObject([
      { code: 'schema', pointer: '/inputs' },
    ]);
    expect(checkSchema({ type: 'object', $ref: 'https://example.com/schema.json' }, 'outputs')).toMatchObject([
      { code: 'schema', pointer: '/outputs' },
    ]);
    expect(checkSchema({ type: 'object', properties: { a: { pattern: '(' } } }, 'inputs')).toMatchObject([{ code: 'schema' }]);
  });

  test('a schema cannot name itself or answer later, but may have fields of such names', () => {
    expect(checkSchema({ type: 'object', properties: { a: { $id: 'https://example.com/a' } } }, 'inputs')).toMatchObject([
      { pointer: '/inputs/properties/a/$id' },
    ]);
    expect(checkSchema({ type: 'object', $async: true }, 'inputs')).toMatchObject([{ pointer: '/inputs/$async' }]);
    expect(checkSchema({ type: 'object', properties: { $id: { type: 'string' } } }, 'inputs')).toEqual([]);
  });
});
