/**
 * package-lock.json to CycloneDX 1.6. Equal input gives equal bytes: the serial number is derived from a digest, the time comes from the
 * input, and the serialiser sorts its lists.
 */
import { createHash } from 'node:crypto';
import * as Enums from '@cyclonedx/cyclonedx-library/Enums';
import * as Models from '@cyclonedx/cyclonedx-library/Models';
import * as Serialize from '@cyclonedx/cyclonedx-library/Serialize';
import * as Spec from '@cyclonedx/cyclonedx-library/Spec';
import canonicalize from 'canonicalize';
import { PackageURL } from 'packageurl-js';
import { InputError } from '../../input-error.ts';
import type { TaskContext } from '../../task-context.ts';
import { toLicense } from './licence.ts';
import { findPackage, nameAt, readLockfile, resolveRequirement, type LockedPackage, type Lockfile } from './lockfile.ts';
import { uuidV5 } from './uuid-v5.ts';

interface Inputs {
  lockfile: string | object;
  digest?: string;
  timestamp?: string;
  includeDev?: boolean;
}

interface Outputs {
  sbom: unknown;
  serialNumber: string;
  componentCount: number;
  unresolved: string[];
}

const hashNames: Readonly<Record<string, Enums.HashAlgorithm>> = {
  sha1: Enums.HashAlgorithm['SHA-1'],
  sha256: Enums.HashAlgorithm['SHA-256'],
  sha384: Enums.HashAlgorithm['SHA-384'],
  sha512: Enums.HashAlgorithm['SHA-512'],
};

/** Subresource integrity (`sha512-<base64>`, several separated by spaces) as hashes in hex. */
function hashesOf(integrity: string): Models.HashDictionary {
  const hashes = new Models.HashDictionary();
  for (const part of integrity.trim().split(/\s+/)) {
    const [, name = '', base64 = ''] = /^(sha\d+)-([A-Za-z0-9+/=]+)/.exec(part) ?? [];
    const algorithm = hashNames[name];
    if (algorithm !== undefined) hashes.set(algorithm, Buffer.from(base64, 'base64').toString('hex'));
  }
  return hashes;
}

/** How every npm registry and mirror lays out its tarballs: `<name>/-/<file>.tgz`. What lies elsewhere is not the package of that name. */
const registryTarball = /^https?:\/\/[^?#]+\/-\/[^/?#]+\.tgz$/;

function purlOf(group: string | undefined, name: string, version: string | undefined, resolved: string | undefined): string {
  const isForeign = resolved !== undefined && !registryTarball.test(resolved);
  const isGit = resolved?.startsWith('git') === true;
  const qualifiers = isForeign && /^(https?:|git)/.test(resolved) ? { [isGit ? 'vcs_url' : 'download_url']: resolved } : undefined;
  return new PackageURL('npm', group, name, version, qualifiers, undefined).toString();
}

function componentOf(location: string, locked: LockedPackage, type: Enums.ComponentType): Models.Component {
  const fullName = nameAt(location, locked) || 'unnamed';
  const [, scope, rest] = /^(@[^/]+)\/(.+)$/.exec(fullName) ?? [];
  const name = rest ?? fullName;
  const purl = purlOf(scope, name, locked.version, locked.resolved);
  const references =
    locked.resolved !== undefined && /^https?:/.test(locked.resolved)
      ? [new Models.ExternalReference(locked.resolved, Enums.ExternalReferenceType.Distribution)]
      : [];
  return new Models.Component(type, name, {
    bomRef: purl,
    purl,
    ...(scope === undefined ? {} : { group: scope }),
    ...(locked.version === undefined ? {} : { version: locked.version }),
    ...(locked.license === undefined ? {} : { licenses: new Models.LicenseRepository([toLicense(locked.license)]) }),
    ...(locked.integrity === undefined ? {} : { hashes: hashesOf(locked.integrity) }),
    externalReferences: new Models.ExternalReferenceRepository(references),
    ...(type === Enums.ComponentType.Application ? {} : { scope: scopeOf(locked) }),
  });
}

/** CycloneDX: `excluded` is what is not part of the product at run time. */
function scopeOf({ isDev, isOptional }: LockedPackage): Enums.ComponentScope {
  if (isDev) return Enums.ComponentScope.Excluded;
  return isOptional ? Enums.ComponentScope.Optional : Enums.ComponentScope.Required;
}

/** The strongest claim wins when the same package is installed in several places. */
function mergeScope(into: Models.Component, from: Models.Component): void {
  const order = [Enums.ComponentScope.Required, Enums.ComponentScope.Optional, Enums.ComponentScope.Excluded];
  const ranks = [into, from].map(({ scope }) => (scope === undefined ? -1 : order.indexOf(scope)));
  const best = order[Math.min(...ranks)];
  if (best !== undefined) into.scope = best;
}

interface Graph {
  root: Models.Component;
  components: Map<string, Models.Component>;
  unresolved: string[];
}

function buildGraph(lockfile: Lockfile, includeDev: boolean): Graph {
  const rootPackage = findPackage(lockfile, '');
  if (rootPackage === undefined) throw new InputError('lockfile has no root package');
  const root = componentOf('', rootPackage.locked, Enums.ComponentType.Application);
  const components = new Map<string, Models.Component>();
  const byLocation = new Map<string, Models.Component>([['', root]]);
  for (const [location, locked] of lockfile.packages) {
    if (location === '' || locked.linkTo !== undefined || (locked.isDev && !includeDev)) continue;
    const made = componentOf(location, locked, Enums.ComponentType.Library);
    const known = components.get(made.purl ?? '') ?? made;
    if (known !== made) mergeScope(known, made);
    components.set(made.purl ?? '', known);
    byLocation.set(location, known);
  }
  const unresolved = connect(lockfile, byLocation);
  return { root, components, unresolved };
}

function connect(lockfile: Lockfile, byLocation: ReadonlyMap<string, Models.Component>): string[] {
  const missing = new Set<string>();
  for (const [location, component] of byLocation) {
    for (const { name, mayBeMissing } of lockfile.packages.get(location)?.requires ?? []) {
      const found = resolveRequirement(lockfile, location, name);
      const target = found && byLocation.get(found.location);
      if (target !== undefined && target !== component) component.dependencies.add(target.bomRef);
      if (found === undefined && !mayBeMissing) missing.add(`${component.purl ?? component.name} needs ${name}`);
    }
  }
  return [...missing].sort();
}

export default async function run({ inputs, log }: TaskContext<Inputs>): Promise<Outputs> {
  const { root, components, unresolved } = buildGraph(readLockfile(inputs.lockfile), inputs.includeDev !== false);
  const content = typeof inputs.lockfile === 'string' ? inputs.lockfile : (canonicalize(inputs.lockfile) ?? '');
  const digest = inputs.digest ?? `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const serialNumber = `urn:uuid:${uuidV5(digest)}`;
  const bom = new Models.Bom({
    serialNumber,
    metadata: new Models.Metadata({
      component: root,
      ...(inputs.timestamp === undefined ? {} : { timestamp: new Date(inputs.timestamp) }),
    }),
    components: new Models.ComponentRepository(components.values()),
  });
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  log(`${components.size} components, ${unresolved.length} dependencies that are not in the lockfile`);
  return { sbom: JSON.parse(serializer.serialize(bom, { sortLists: true })), serialNumber, componentCount: components.size, unresolved };
}
