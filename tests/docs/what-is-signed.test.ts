import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { predicateTypes } from '../../shared/receipt/statement.ts';

test('the list of what is signed has every type of statement', () => {
  const [, list = ''] = readFileSync('docs/architecture.md', 'utf8').split('## What is signed');
  expect(Object.values(predicateTypes).filter((type) => !list.includes(`\`${type}\``))).toEqual([]);
});
