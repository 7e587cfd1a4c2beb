/**
 * Publishes a package version. A version never changes: the same content again changes nothing, other content is a conflict. Blob and statement are stored
 * before the one write that makes them real, so a crash in between leaves bytes that nobody refers to.
 */
import { auditOp } from '../audit/audit-event.ts';
import { digestBytes, type Digest } from '../core/digest.ts';
import { assertInvariant, McError } from '../core/errors.ts';
import type { Issue } from '../core/issue.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import { issueRelease } from '../receipt/release-statement.ts';
import type { Actor } from '../tenant/actor.ts';
import { readBundle, writeBundle } from './bundle.ts';
import { checkPrice } from './check-price.ts';
import { checkSchema } from './check-schema.ts';
import { checkVersion } from './check-version.ts';
import type { PackageDescriptor } from './descriptor.ts';
import { packagePurl } from './package-purl.ts';
import { findPackages, packageWrites } from './package-store.ts';
import type { PackageRecord } from './package-record.ts';

type PublishDeps = Pick<Deps, 'table' | 'blobs' | 'signer' | 'ids' | 'clock' | 'faults' | 'config'>;

/** Asked of what is published only: packages of earlier versions of the program are loaded and listed as they are. */
function assertPublishable(descriptor: PackageDescriptor): void {
  const { name, version } = descriptor;
  refuseIf(checkVersion(version), `The package ${name} has a version that cannot be used.`);
  refuseIf(checkPrice(descriptor), `The package ${name} costs more than one may.`);
}

/** What stands already was asked when it was published; a home that opens would make every schema of the catalog ready again. */
function assertUsable({ name, inputs, outputs }: PackageDescriptor): void {
  refuseIf([...checkSchema(inputs, 'inputs'), ...checkSchema(outputs, 'outputs')], `The package ${name} has a schema that cannot be used.`);
}

function refuseIf(issues: readonly Issue[], message: string): void {
  if (issues.length > 0) throw new McError('mc:package:invalid', message, { issues });
}

async function findSame(
  deps: PublishDeps,
  tenant: TenantId,
  descriptor: PackageDescriptor,
  digest: Digest,
): Promise<PackageRecord | undefined> {
  const [existing] = await findPackages(deps, [tenant], descriptor.name, descriptor.version);
  if (existing === undefined || existing.digest === digest) return existing;
  throw new McError(
    'mc:package:conflict',
    `${existing.uses} is published with the digest ${existing.digest}; these bytes have ${digest}. Raise the version in mc-package.json.`,
  );
}

/** Stores, signs and publishes a bundle for the actor's tenant; answers the record, the existing one for content that is published already. */
export async function publishPackage(deps: PublishDeps, actor: Actor, bytes: Uint8Array): Promise<PackageRecord> {
  const { tenant } = actor;
  const bundle = await readBundle(bytes);
  assertPublishable(bundle.descriptor);
  // Only what was read is kept: a second header or bytes behind the end of the archive do not get into the store or under our signature.
  const normal = await writeBundle(bundle);
  const digest = digestBytes(normal);
  const same = await findSame(deps, tenant, bundle.descriptor, digest);
  if (same !== undefined) return same;
  assertUsable(bundle.descriptor);
  const { name, version } = bundle.descriptor;
  const uses = `pkg:${name}@${version}`;
  await deps.blobs.put(tenant, 'data', normal);
  const predicate = { purl: packagePurl(tenant, { uses, digest }), packageId: `pkg:${name}` };
  const release = await issueRelease(deps, tenant, { subject: { name: uses, digest }, predicate });
  await deps.faults.hit('publish:after-release-blob');
  const record: PackageRecord = {
    id: deps.ids.next('pkg'),
    ...{ name, version, uses, digest },
    releaseId: release.releaseId,
    descriptor: bundle.descriptor,
    publishedAt: isoTime(deps.clock.now()),
    publishedBy: actor.sub,
  };
  const change = {
    type: 'mc.package.publish',
    subject: uses,
    reason: 'a new version',
    details: { digest, releaseId: release.releaseId },
  } as const;
  const written = await deps.table.write([...packageWrites(tenant, record), ...release.ops, auditOp(deps, tenant, actor, change)]);
  if (written.ok) return record;
  // Somebody published this version between our read and our write.
  const winner = await findSame(deps, tenant, bundle.descriptor, digest);
  assertInvariant(winner !== undefined, `publishing ${uses} failed, but nobody else published it`);
  return winner;
}
