import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { regoFiles } from '../pack-annotations.ts';
import { regoFlags } from '../pack-manifest.ts';
import type { PackSources } from '../pack-sources.ts';
import type { CheckStep, Problem } from './check-step.ts';
import type { OpaPool } from './opa-pool.ts';

async function checkFile(opa: OpaPool, pack: PackSources, file: string): Promise<Problem[]> {
  const path = join(pack.folder, file);
  const place = relative('.', path);
  // Not --diff: what that prints is coloured, and holds the whole file.
  const { status, stdout, stderr } = await opa.run(['fmt', ...regoFlags(pack), file], { cwd: pack.folder });
  if (status !== 0) return [{ place, message: (stderr || stdout).trim(), fix: 'Mend what OPA cannot read.' }];
  const [is, due] = [readFileSync(path, 'utf8').split('\n'), stdout.split('\n')];
  const row = is.findIndex((line, index) => line !== due[index]);
  if (row === -1 && is.length === due.length) return [];
  const first = Math.max(row, 0);
  const message = `is not laid out as opa fmt does it: ${JSON.stringify(is[first])} is to be ${JSON.stringify(due[first] ?? '')}`;
  return [{ place: `${place}:${first + 1}`, message, fix: `opa fmt -w ${place}` }];
}

/** Every file of rules and tests is laid out as `opa fmt` does it; of each file the first line that is not is named. */
export const checkFormat: CheckStep = {
  name: 'format',
  needsOpa: true,
  async run({ opa }, pack) {
    const files = regoFiles([...pack.bundled, ...pack.tests]);
    const found = await Promise.all(files.map((file) => checkFile(opa, pack, file)));
    return { facts: `${files.length} files`, problems: found.flat() };
  },
};
