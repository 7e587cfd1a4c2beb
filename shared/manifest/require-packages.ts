import { hasCode, McError } from '../core/errors.ts';
import type { Issue } from '../core/issue.ts';
import { toPointer } from '../core/json/json-pointer.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { findPackage, resolvePackage, type ResolvedPackage } from '../package/resolve-package.ts';
import type { Deps } from '../port/deps.ts';
import type { Manifest } from './manifest.ts';
import { checkPackageUse } from './rules/check-package-use.ts';

/** Packages by the `uses` that names them. */
export type ResolvedPackages = ReadonlyMap<string, ResolvedPackage>;

/** Looking for what was meant reads two pages of packages each time; nobody mends more at once. */
const maxUnknown = 20;
/** A manifest may name a thousand packages, and one read after the other would take seconds on AWS. */
const readsAtOnce = 25;

interface Named {
  uses: string;
  pointer: string;
}

function namedPackages(manifest: Manifest): Named[] {
  return manifest.tasks.flatMap(({ uses, compensate }, index) => {
    const own = { uses, pointer: toPointer(['tasks', index, 'uses']) };
    return compensate ? [own, { uses: compensate.uses, pointer: toPointer(['tasks', index, 'compensate', 'uses']) }] : [own];
  });
}

class Resolution {
  readonly packages = new Map<string, ResolvedPackage>();
  readonly issues: Issue[] = [];
  private readonly unknown = new Map<string, string>();
  private readonly deps: Pick<Deps, 'table'>;
  private readonly tenant: TenantId;

  constructor(deps: Pick<Deps, 'table'>, tenant: TenantId) {
    this.deps = deps;
    this.tenant = tenant;
  }

  /** The packages that these name, as far as there are such. */
  async readAll(named: readonly Named[]): Promise<void> {
    const unread = [...new Set(named.map(({ uses }) => uses))].filter((uses) => !this.packages.has(uses));
    for (let start = 0; start < unread.length; start += readsAtOnce) {
      const some = unread.slice(start, start + readsAtOnce);
      const found = await Promise.all(some.map((uses) => findPackage(this.deps, this.tenant, uses)));
      for (const [at, uses] of some.entries()) if (found[at]) this.packages.set(uses, found[at]);
    }
  }

  private async reasonUnknown(uses: string): Promise<string | undefined> {
    if (this.packages.has(uses)) return undefined;
    const reason = this.unknown.get(uses);
    if (reason !== undefined) return reason;
    try {
      this.packages.set(uses, await resolvePackage(this.deps, this.tenant, uses));
      return undefined;
    } catch (error) {
      if (!hasCode(error, 'mc:package:not-found')) throw error;
      this.unknown.set(uses, error.message);
      return error.message;
    }
  }

  async add({ uses, pointer }: Named): Promise<void> {
    if (this.unknown.size >= maxUnknown) return;
    const reason = await this.reasonUnknown(uses);
    if (reason === undefined) return;
    this.issues.push({
      code: 'unknown-package',
      pointer,
      message: reason,
      got: uses,
      allowed: 'packages of this tenant and of the catalog',
      fix: 'Correct it, or push the package first.',
    });
  }
}

/**
 * The packages of a valid manifest, the compensations that packages bring along included. Throws `mc:package:not-found` when some do not
 * exist, `mc:manifest:invalid` when tasks and packages do not fit together; every problem at once.
 */
export async function requirePackages(deps: Pick<Deps, 'table'>, tenant: TenantId, manifest: Manifest): Promise<ResolvedPackages> {
  const resolution = new Resolution(deps, tenant);
  const { packages } = resolution;
  const own = namedPackages(manifest);
  await resolution.readAll(own);
  const brought = manifest.tasks.flatMap(({ uses, compensate }, index) => {
    const compensation = compensate ? undefined : packages.get(uses)?.descriptor.compensation;
    return compensation === undefined ? [] : [{ uses: compensation, pointer: toPointer(['tasks', index, 'uses']) }];
  });
  await resolution.readAll(brought);
  for (const named of [...own, ...brought]) await resolution.add(named);
  const descriptors = new Map(Array.from(packages, ([uses, { descriptor }]) => [uses, descriptor]));
  const misused = checkPackageUse(manifest, descriptors);
  const issues = [...resolution.issues, ...misused];
  if (issues.length === 0) return packages;
  if (misused.length > 0) throw new McError('mc:manifest:invalid', 'the tasks do not fit the packages they use', { issues });
  throw new McError('mc:package:not-found', issues.map(({ message }) => message).join(' '), { issues });
}
