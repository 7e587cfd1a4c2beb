import { LRUCache } from 'lru-cache';
import { PackageURL } from 'packageurl-js';
import type { Digest } from '../core/digest.ts';
import { assertInvariant } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { splitPackageRef } from './package-ref.ts';

/** Every receipt names its packages, and a home runs the same few again and again. */
const made = new LRUCache<string, string>({ max: 1_000 });

/**
 * What a package is called in signed statements: an artifact addressed by its digest, in the repository of the tenant that published it.
 * `pkg:demo/…`, as manifests spell it, has no registered purl type and would mean nothing to a reader from outside.
 */
export function packagePurl(owner: TenantId, { uses, digest }: { uses: string; digest: Digest }): string {
  const name = `${owner} ${uses} ${digest}`;
  const purl = made.get(name) ?? makePurl(owner, { uses, digest });
  made.set(name, purl);
  return purl;
}

function makePurl(owner: TenantId, { uses, digest }: { uses: string; digest: Digest }): string {
  const ref = splitPackageRef(uses);
  assertInvariant(ref !== undefined, `${uses} was published without a name or a version`);
  const qualifiers = { repository_url: `mc.local/${owner}/${ref.name}`, tag: ref.version };
  return new PackageURL('oci', undefined, ref.name.split('/')[1] ?? ref.name, digest, qualifiers, undefined).toString();
}
