import { expect, test } from '@jest/globals';
import { maxEntryBytes } from '../../../shared/log/entry-bundle.ts';
import { edgeItem, edgeKey, edgeOf } from '../../../shared/log/log-store.ts';
import { tileWidth } from '../../../shared/log/tile-path.ts';
import { buildDeps } from '../../support/build-deps.ts';

/** An entry is JSON with 13 members and 7 texts, and each of their quotes is written as two characters. */
const quotes = 2 * (13 + 7);

/** Every level of a log with one entry less than 256 to this power is full. */
const logs: [levels: number, entries: string, bytes: number][] = [
  [3, '16.7 million entries, each as long as one may be', maxEntryBytes],
  [4, '4 billion entries, each as long as ours with a certificate', 1_250],
];

test.each(logs)('the fullest edge of %i levels, of %s, is an item that the table takes', async (count, _entries, bytes) => {
  const home = buildDeps();
  const full = tileWidth - 1;
  const entries = Array.from({ length: full }, (_, index) => `${String(index).padEnd(bytes - quotes, 'x')}${'"'.repeat(quotes)}`);
  const levels = Array.from({ length: count }, () => Array.from({ length: full }, () => Buffer.alloc(32, 255)));
  const edge = { size: tileWidth ** count - 1, entries, levels };
  await home.table.write([{ kind: 'put', item: edgeItem(edgeKey, edge) }]);
  expect(edgeOf(await home.table.get(edgeKey))).toEqual(edge);
  home.close();
});
