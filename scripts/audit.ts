/**
 * Audit of the dependencies: npm's advisory database where the registry answers, and in any case the lock file itself.
 * Exit code 1 for an advisory of severity high or critical, or for any problem of the lock file.
 */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { askAdvisories } from './audit/advisories.ts';
import { checkLockFile, LockFile, PackageManifest } from './audit/lock-file.ts';

const Installed = z.object({ license: z.string().optional() });

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

function readLicence(folder: string): string | undefined {
  const path = `${folder}/package.json`;
  return existsSync(path) ? Installed.parse(readJson(path)).license : undefined;
}

const advisories = askAdvisories();
if (advisories.kind === 'answered') {
  const { info, low, moderate, high, critical } = advisories.counts;
  console.log(`Advisories: ${critical} critical, ${high} high, ${moderate} moderate, ${low} low, ${info} info`);
  for (const finding of advisories.findings) console.log(`  ${finding}`);
} else {
  console.log(`Advisories: NOT CHECKED. No advisory database was consulted (${advisories.reason}).`);
}

const { packages, licences, problems } = checkLockFile(
  PackageManifest.parse(readJson('package.json')),
  LockFile.parse(readJson('package-lock.json')),
  readLicence,
);
console.log(`Lock file: ${packages} packages looked at: hashes, exact versions, licences, install scripts`);
const sorted = Object.entries(licences).sort(([, a], [, b]) => b - a);
console.log(`Licences: ${sorted.map(([licence, count]) => `${licence} ${count}`).join(', ')}`);
for (const problem of problems) console.log(`  ${problem}`);
console.log(problems.length === 0 ? 'Lock file: no problem found' : `Lock file: ${problems.length} problems`);

const isDangerous = advisories.kind === 'answered' && advisories.counts.high + advisories.counts.critical > 0;
process.exitCode = isDangerous || problems.length > 0 ? 1 : 0;
