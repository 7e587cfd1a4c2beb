import type { Command } from 'commander';
import { addHold, addHolds, addRelease } from './holds.ts';
import { addManifest, addPurge, addPurges } from './purges.ts';
import { addSet, addShow } from './settings.ts';

/** Shows and sets what is kept for how long, puts and releases legal holds, purges, and gives the proof of it. */
export function addRetention(program: Command): void {
  const group = program.command('retention').description('what is kept for how long, legal holds, purges and their signed manifests');
  addShow(group);
  addSet(group);
  addHolds(group);
  addHold(group);
  addRelease(group);
  addPurges(group);
  addPurge(group);
  addManifest(group);
}
