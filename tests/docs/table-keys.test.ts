import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { readTree } from '../../scripts/tidy/tree.ts';

/** Partitions of an index that only lists what stands elsewhere in the table; rows name the index instead. */
const lists = ['T#…#PURGES', 'T#…#DECISIONS', 'T#…#TOMBSTONES', 'SYS#TENANTS', 'SYS#DATAKEYS', 'SYS#PURGES'];

/** The partition keys that sources write, up to their first word: `T#…#RETENTION`, `SYS#LOG`. */
function keysInSources(): string[] {
  const sources = readTree('.').files.filter(({ path }) => /^(shared|functions|cli|scripts)\/.*\.ts$/.test(path));
  const keys = sources.flatMap(({ text }) => [...text.matchAll(/['`](T#\$\{[^}]+\}|SYS)#([A-Z-]+)/g)]);
  return [...new Set(keys.map(([, owner, name = '']) => `${owner === 'SYS' ? 'SYS' : 'T#…'}#${name}`))].sort();
}

test('every partition of the table is in the list of its keys', () => {
  const page = readFileSync('docs/architecture.md', 'utf8').replaceAll(/T#<(?:tenant|OWNER)>/g, 'T#…');
  const isNamed = (key: string): boolean => new RegExp(`\`${key}[\`#]`).test(page);
  const keys = keysInSources();
  expect(keys.length).toBeGreaterThan(30);
  expect(keys.filter((key) => !lists.includes(key) && !isNamed(key))).toEqual([]);
  expect(lists.filter((key) => !keys.includes(key))).toEqual([]);
});
