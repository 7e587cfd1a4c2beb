/**
 * Takes a tenant's own pack: looks at the bundle, tries it, and puts it beside the shipped ones. Bundle and release statement are stored first
 * and mean nothing by themselves; one atomic write then makes version, release, audit event and the judging version of the tenant real together.
 */
import { gt } from 'semver';
import { McError } from '../core/errors.ts';
import type { Issue } from '../core/issue.ts';
import { auditOp } from '../audit/audit-event.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import type { BundleSignature, ReadPack } from '../port/pack-library.ts';
import { issueRelease } from '../receipt/release-statement.ts';
import type { Actor } from '../tenant/actor.ts';
import { changeTenantOp, getTenant } from '../tenant/tenant-store.ts';
import { tenantLimits, type Tenant } from '../tenant/tenant.ts';
import { checkGoldens } from './check-goldens.ts';
import type { PackRecord } from './pack-record.ts';
import { createPackOp, findPacks, newestPacks } from './pack-store.ts';
import { packSubject } from './pack-subject.ts';

type PushDeps = Pick<Deps, 'table' | 'blobs' | 'signer' | 'ids' | 'clock' | 'faults' | 'config' | 'packs'>;

/** Each lost race means that somebody else changed the tenant; more than this is not a race. */
const maxAttempts = 5;

/** A pushed version; `created` is false when these bytes were there already. */
export interface PushedPack {
  record: PackRecord;
  created: boolean;
  /** What was accepted, but should be mended. */
  warnings: Issue[];
}

function refused(issues: readonly Issue[]): McError {
  const [first] = issues;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return new McError(
    'mc:policy:bundle-refused',
    `The policy bundle is refused: ${(first?.message ?? '').replace(/\.$/, '')}${more}. Nothing was changed.`,
    {
      issues,
    },
  );
}

const raise = 'Raise `version` in the metadata of .manifest and build the bundle again.';

function conflict({ name, version, digest }: PackRecord, got: string): McError {
  return new McError(
    'mc:policy:pack-conflict',
    `${name}@${version} was pushed with the digest ${digest}; these bytes have ${got}. Raise its version.`,
  );
}

/** The version when these bytes were pushed before and judge; a version that was superseded or retired does not come back. */
async function findSame(deps: PushDeps, { id, packs }: Tenant, { entry, digest }: ReadPack): Promise<PackRecord | undefined> {
  const [existing] = await findPacks(deps, id, [entry]);
  if (!existing) return undefined;
  if (existing.digest !== digest) throw conflict(existing, digest);
  if (packs.some((own) => own.digest === digest)) return existing;
  const { name, version } = existing;
  const judging = packs.find((own) => own.name === name)?.version;
  const why = judging === undefined ? 'was retired' : `was superseded by ${judging}`;
  throw new McError('mc:policy:pack-conflict', `${name}@${version} was pushed before and ${why}. Raise its version.`);
}

/** What depends on the packs that are there already. */
async function placeIssues(deps: PushDeps, { entry }: ReadPack, tenant: Tenant): Promise<Issue[]> {
  const { name, version } = entry;
  const issues: Issue[] = [];
  const shipped = (await deps.packs.shipped()).map((pack) => pack.entry.name);
  if (shipped.includes(name)) {
    const message = `${name} is the name of a shipped pack`;
    issues.push({
      code: 'pack-name',
      pointer: '/wasm/0/entrypoint',
      message,
      got: name,
      allowed: `any name but ${shipped.join(', ')}`,
      fix: 'Choose another name: `maestro new policy NAME` makes the folder.',
    });
  }
  // A retired pack has versions too, and a number stands for one content for ever.
  const [newest] = (await newestPacks(deps, tenant.id, { name, limit: 1 })).records;
  if (newest && !gt(version, newest.version)) {
    const message = `the version is not greater than ${newest.version}, which is published`;
    issues.push({
      code: 'pack-version',
      pointer: '/metadata/version',
      message,
      got: version,
      allowed: `greater than ${newest.version}`,
      fix: raise,
    });
  }
  if (!tenant.packs.some((own) => own.name === name) && tenant.packs.length >= tenantLimits.packs) {
    const message = `the tenant has ${tenant.packs.length} packs of its own`;
    const fix = 'Take one out of judging with `maestro policy retire`.';
    issues.push({ code: 'pack-count', pointer: '', message, got: name, allowed: `at most ${tenantLimits.packs}`, fix });
  }
  return issues;
}

function withPack(tenant: Tenant, { name, version, digest }: PackRecord): Tenant {
  const others = tenant.packs.filter((own) => own.name !== name);
  return { ...tenant, packs: [...others, { name, version, digest }].sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

interface Accepted {
  archive: Uint8Array;
  pack: ReadPack;
  signature: BundleSignature;
}

async function store(deps: PushDeps, actor: Actor, { archive, pack, signature }: Accepted): Promise<PushedPack> {
  const { entry, digest, regoVersion } = pack;
  const { name, version, title, points } = entry;
  await deps.blobs.put(actor.tenant, 'data', archive);
  const predicate = {
    kind: 'policy',
    purl: `pkg:generic/${name}@${version}`,
    version,
    tenant: actor.tenant,
    publishedBy: actor.sub,
    signedBy: signature.keyId,
  };
  const { releaseId, ops } = await issueRelease(deps, actor.tenant, { subject: { name: packSubject(entry), digest }, predicate });
  await deps.faults.hit('publish:after-release-blob');
  const publishedAt = isoTime(deps.clock.now());
  const record: PackRecord = {
    ...{ name, version, title, points, regoVersion, digest, signature, releaseId, publishedAt },
    publishedBy: actor.sub,
  };
  const audit = auditOp(deps, actor.tenant, actor, {
    type: 'mc.policy.publish',
    subject: `${name}@${version}`,
    reason: `The bundle was pushed, signed by ${signature.keyId}.`,
    details: { digest, releaseId, keyId: signature.keyId },
  });
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const tenant = await getTenant(deps, actor.tenant);
    const same = await findSame(deps, tenant, pack);
    if (same) return { record: same, created: false, warnings: [] };
    const issues = await placeIssues(deps, pack, tenant);
    if (issues.length > 0) throw refused(issues);
    const { ok } = await deps.table.write([createPackOp(tenant.id, record), changeTenantOp(withPack(tenant, record)), ...ops, audit]);
    if (ok) return { record, created: true, warnings: [] };
  }
  throw new McError(
    'mc:store:conflict',
    `The tenant was changed ${maxAttempts} times while ${name}@${version} was pushed; nothing was changed.`,
  );
}

/**
 * Checks, signs and publishes a bundle as a version of the tenant's own pack, which judges from then on. Throws `mc:policy:bundle-refused` with
 * every problem and `mc:policy:pack-conflict` for other bytes under a published version; nothing is changed then.
 */
export async function pushPack(deps: PushDeps, actor: Actor, archive: Uint8Array): Promise<PushedPack> {
  const tenant = await getTenant(deps, actor.tenant);
  const { pack, signature, issues, warnings } = await deps.packs.inspect(archive, tenant.policyKeys);
  if (pack === undefined) throw refused(issues);
  const same = await findSame(deps, tenant, pack);
  if (same) return { record: same, created: false, warnings };
  const found = [...issues, ...(await placeIssues(deps, pack, tenant))];
  // A bundle that nobody vouches for is not run, not even to find more to complain about.
  if (signature === undefined) throw refused(found);
  found.push(...(await checkGoldens(deps.packs, archive, pack)));
  if (found.length > 0) throw refused(found);
  const pushed = await store(deps, actor, { archive, pack, signature });
  return { ...pushed, warnings };
}
