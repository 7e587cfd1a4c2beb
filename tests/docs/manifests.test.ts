import { expect, test } from '@jest/globals';
import { parseManifest } from '../../shared/manifest/parse-manifest.ts';
import { readTree } from '../../scripts/tidy/tree.ts';

/** Whole manifests that a page shows; a part of one has no name. */
const manifests = readTree('.')
  .files.filter(({ path }) => path.endsWith('.md') && (!path.includes('/') || path.startsWith('docs/')))
  .flatMap(({ path, text }) => [...text.matchAll(/^```ya?ml\n([^]*?)^```$/gm)].map((match) => ({ path, yaml: match[1] ?? '' })))
  .filter(({ yaml }) => /^name: /m.test(yaml));

test('some page shows a whole manifest', () => {
  expect(manifests.map(({ path }) => path)).toContain('docs/guides/workflows.md');
});

test.each(manifests)('the manifest in $path is valid', ({ yaml }) => {
  expect(parseManifest(yaml, 'application/yaml').manifest.tasks).not.toEqual([]);
});
