/**
 * What can be said about dependencies without asking anybody: exact versions, a hash for every package, licences, install scripts.
 */
import { z } from 'zod';
import { isAllowedLicence } from './licence.ts';

const Versions = z.record(z.string(), z.string()).default({});

export const PackageManifest = z.object({
  dependencies: Versions,
  devDependencies: Versions,
  optionalDependencies: Versions,
  overrides: Versions,
  allowScripts: z.record(z.string(), z.boolean()).default({}),
});
export type PackageManifest = z.infer<typeof PackageManifest>;

const LockEntry = z.object({
  version: z.string().optional(),
  integrity: z.string().optional(),
  license: z.string().optional(),
  inBundle: z.boolean().optional(),
  link: z.boolean().optional(),
  hasInstallScript: z.boolean().optional(),
});

export const LockFile = z.object({ lockfileVersion: z.literal(3), packages: z.record(z.string(), LockEntry) });
export type LockFile = z.infer<typeof LockFile>;

/** Licence of an installed package, read from its own package.json; undefined when it is not installed on this platform. */
export type ReadLicence = (folder: string) => string | undefined;

export interface LockReport {
  packages: number;
  licences: Readonly<Record<string, number>>;
  problems: readonly string[];
}

export function checkLockFile(manifest: PackageManifest, lock: LockFile, readLicence: ReadLicence): LockReport {
  const entries = Object.entries(lock.packages).filter(([folder, { link }]) => folder !== '' && link !== true);
  const licences: Record<string, number> = {};
  const problems = checkVersions(manifest, lock);
  for (const [folder, entry] of entries) {
    const name = folder.split('node_modules/').at(-1) ?? folder;
    // A bundled package lies inside its parent's archive, whose hash covers it.
    if (entry.inBundle !== true && !/^sha512-/.test(entry.integrity ?? '')) problems.push(`${folder}: no sha512 hash`);
    if (entry.hasInstallScript === true && !(name in manifest.allowScripts))
      problems.push(`${folder}: has an install script that "allowScripts" does not decide on`);
    const licence = readLicence(folder) ?? entry.license ?? 'none stated';
    licences[licence] = (licences[licence] ?? 0) + 1;
    if (!isAllowedLicence(licence)) problems.push(`${folder}: licence ${licence} is not on the list`);
  }
  return { packages: entries.length, licences, problems };
}

function checkVersions({ dependencies, devDependencies, optionalDependencies, overrides }: PackageManifest, lock: LockFile): string[] {
  const direct = { ...dependencies, ...devDependencies, ...optionalDependencies };
  const loose = Object.entries({ ...direct, ...overrides })
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name, version]) => `package.json: ${name} ${version} is not an exact version`);
  const drifted = Object.entries(direct)
    .filter(([name, version]) => lock.packages[`node_modules/${name}`]?.version !== version)
    .map(([name, version]) => `package-lock.json: ${name} is not ${version} as package.json says`);
  return [...loose, ...drifted];
}
