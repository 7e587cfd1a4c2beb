import { expect, test } from '@jest/globals';
import { maxEntryBytes } from '../../../shared/log/entry-bundle.ts';
import { edgeItem, edgeKey, edgeOf } from '../../../shared/log/log-store.ts';
import { tileWidth } from '../../../shared/log/tile-path.ts';
import { buildDeps } from '../../support/build-deps.ts';

/** A log of up to 256 to the fourth entries, four billion, has three levels that can be full at once below its root. */
const levelsOfLargestLog = 3;

/** An entry is JSON with 13 members and 7 texts, and each of their quotes is written as two characters. */
const quotes = 2 * (13 + 7);

test('the fullest edge of a log, with the longest entries, is an item that the table takes', async () => {
  const home = buildDeps();
  const full = tileWidth - 1;
  const entries = Array.from({ length: full }, (_, index) => `${String(index).padEnd(maxEntryBytes - quotes, 'x')}${'"'.repeat(quotes)}`);
  const levels = Array.from({ length: levelsOfLargestLog }, () => Array.from({ length: full }, () => Buffer.alloc(32, 255)));
  const edge = { size: tileWidth ** levelsOfLargestLog - 1, entries, levels };
  await home.table.write([{ kind: 'put', item: edgeItem(edgeKey, edge) }]);
  expect(edgeOf(await home.table.get(edgeKey))).toEqual(edge);
  home.close();
});
