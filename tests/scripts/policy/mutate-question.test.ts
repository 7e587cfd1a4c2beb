import { expect, test } from '@jest/globals';
import { SeededRandom } from '../../../scripts/policy/check/seeded-random.ts';
import { mutateQuestion } from '../../../scripts/policy/differential/mutate-question.ts';
import type { Json } from '../../../shared/core/json/canonical-json.ts';

const question: Json = {
  request: { region: 'EU' },
  workflow: { tasks: [{ id: 'a', egress: [{ host: 'x', ports: [1, 2] }] }] },
  task: null,
};

function variants(seed: number): string[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: 400 }, () => JSON.stringify(mutateQuestion(question, [question, { other: 7 }], random)));
}

test('equal seeds make equal variants, and other seeds others', () => {
  expect(variants(1)).toEqual(variants(1));
  expect(variants(1)).not.toEqual(variants(2));
});

test('variants drop fields, change types, repeat values and take them from other questions, and the question stays as it was', () => {
  const before = JSON.stringify(question);
  const made = variants(3);
  expect(JSON.stringify(question)).toBe(before);
  expect(new Set(made).size).toBeGreaterThan(200);
  const some = (pattern: RegExp): boolean => made.some((text) => pattern.test(text));
  expect(some(/^\{"workflow"/)).toBe(true);
  expect(some(/"region":(null|true|7|\[|\{)/)).toBe(true);
  expect(some(/\[1,2,1,2\]/)).toBe(true);
  expect(some(/"other":7/)).toBe(true);
  expect(some(/"tasks":\[\]/)).toBe(true);
});
