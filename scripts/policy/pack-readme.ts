import type { PackEntry } from '../../shared/policy-catalog/pack-entry.ts';
import { packPage } from '../../shared/policy-catalog/pack-page.ts';

/** The README of a catalog entry, in Markdown that prettier has yet to format; the API serves the same page. */
export function renderReadme(entry: PackEntry): string {
  return packPage(entry, {
    source: 'Generated from the annotations of the rules by `node scripts/build-policy.ts`.',
    question: 'the question in [policy/goldens/input.json](../../goldens/input.json)',
    onBadData: 'A value of the wrong type is a denial, never an allow.',
    guide: '[docs/guides/policy.md](../../../docs/guides/policy.md)',
  });
}
