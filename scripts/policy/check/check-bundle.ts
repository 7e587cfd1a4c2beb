import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildBundle, isBuiltFrom, isSameBundle } from '../build-pack.ts';
import type { PackSources } from '../pack-sources.ts';
import type { CheckContext, CheckStep, Problem } from './check-step.ts';

const fix = 'node scripts/build-policy.ts';

async function findStale({ opa, hasOpa }: CheckContext, pack: PackSources, archive: Uint8Array): Promise<string | undefined> {
  if (!(await isBuiltFrom(pack, archive))) return 'was built from other rules or data than those beside it';
  if (!hasOpa) return undefined;
  return (await isSameBundle(buildBundle(opa.path, pack), archive))
    ? undefined
    : 'is not what OPA builds from the rules and data beside it';
}

/** The committed bundle is what the rules beside it build, and what it was signed as. */
export const checkBundle: CheckStep = {
  name: 'bundle',
  needsOpa: false,
  async run(context, pack) {
    const path = join(pack.folder, 'bundle.tar.gz');
    const place = relative('.', path);
    if (!existsSync(path)) {
      const problems: Problem[] = context.isShipped ? [{ place, message: 'there is no bundle', fix }] : [];
      return { facts: 'no bundle beside the rules', problems };
    }
    const archive = readFileSync(path);
    const stale = await findStale(context, pack, archive);
    return {
      facts: context.hasOpa ? 'built again' : 'compared by revision',
      problems: stale === undefined ? [] : [{ place, message: stale, fix }],
    };
  },
};
