import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildBundle } from '../build-pack.ts';
import type { PackSources } from '../pack-sources.ts';
import type { CheckContext } from './check-step.ts';

/** The bundle that lies beside the rules of a pack: what judges, and so what is checked. A tenant may keep its own elsewhere: it is built. */
export function committedBundle({ opa }: Pick<CheckContext, 'opa'>, pack: PackSources): Uint8Array {
  const path = join(pack.folder, 'bundle.tar.gz');
  return existsSync(path) ? readFileSync(path) : buildBundle(opa.path, pack);
}
