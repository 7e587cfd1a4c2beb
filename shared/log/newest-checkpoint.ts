import { McError } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import { readHead } from './log-store.ts';

/** The newest checkpoint of the home as a signed note; throws `mc:log:not-found` before the first entry. */
export async function newestCheckpoint(deps: Pick<Deps, 'table'>): Promise<{ size: number; note: string }> {
  const published = (await readHead(deps))?.published;
  if (!published) throw new McError('mc:log:not-found', 'The log of this home has no entry yet.');
  return published;
}
