import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { packPages } from '../pack-pages.ts';
import type { CheckStep } from './check-step.ts';

/** README.md and catalog.json are what the pack says today. */
export const checkPages: CheckStep = {
  name: 'pages',
  needsOpa: true,
  async run({ opa, isShipped }, pack) {
    // The folder of a tenant need not have pages; those it has are checked.
    const pages = (await packPages(opa.path, pack)).filter(({ path }) => isShipped || existsSync(path));
    const problems = pages
      .filter(({ path, text }) => !existsSync(path) || readFileSync(path, 'utf8') !== text)
      .map(({ path }) => ({ place: relative('.', path), message: 'is not what the pack says today', fix: 'node scripts/build-policy.ts' }));
    return { facts: pages.map(({ path }) => relative(pack.folder, path)).join(', ') || 'none in this folder', problems };
  },
};
