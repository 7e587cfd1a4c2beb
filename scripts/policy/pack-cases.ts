/** The worked cases of a pack: in `goldens.json`, or in the manifest, as a tenant's own pack brings them along in its bundle. */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PackGoldens, type GoldenCase } from '../../shared/policy-catalog/pack-goldens.ts';
import type { Problem } from './check/check-step.ts';
import { readPackManifest } from './pack-manifest.ts';
import type { PackSources } from './pack-sources.ts';

const fix = 'Write worked cases as in the packs that this program ships with: title, kind, change, expect.';

function parseOrText(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return source;
  }
}

/** The cases, or everything that is wrong with how they are written. */
export function readCases(pack: PackSources): { cases: GoldenCase[]; problems: Problem[] } {
  const path = join(pack.folder, 'goldens.json');
  const place = relative('.', path);
  if (!existsSync(path)) {
    const cases = readPackManifest(pack).goldens;
    return { cases, problems: cases.length > 0 ? [] : [{ place, message: 'there are no goldens', fix }] };
  }
  const { data, error } = PackGoldens.safeParse(parseOrText(readFileSync(path, 'utf8')));
  const problems = (error?.issues ?? []).map((issue) => ({ place: `${place} /${issue.path.join('/')}`, message: issue.message, fix }));
  if (data && data.pack !== pack.name)
    problems.push({ place, message: `they are of the pack ${data.pack}`, fix: `Write "pack": "${pack.name}".` });
  return { cases: data?.cases ?? [], problems };
}
