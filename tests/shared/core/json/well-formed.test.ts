import { expect, test } from '@jest/globals';
import { isWellFormedJson } from '../../../../shared/core/json/well-formed.ts';

const judge = (text: string): boolean => isWellFormedJson(text, JSON.parse(text));

test.each(['{"a":["\\ud800"]}', '{"a":{"\\uDFFF":1}}', '"\\udbff\\ud800"'])('%s holds half of a surrogate pair', (text) => {
  expect(judge(text)).toBe(false);
});

test.each(['{"a":["\\ud83d\\ude00",null,1]}', '{"😀":"\\\\ud800"}', '1'])('%s does not', (text) => {
  expect(judge(text)).toBe(true);
});
