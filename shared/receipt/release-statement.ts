/** Signed releases: the proof that a home published exactly these bytes under this name. Issued for workflows and packages alike. */
import { z } from 'zod';
import type { JsonObject } from '../core/json/canonical-json.ts';
import { Digest, hexOf } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import type { Id } from '../core/id.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import type { WriteOp } from '../port/table.ts';
import { isoTime } from '../port/clock.ts';
import { issueStatement } from './sign/issue-statement.ts';
import { predicateTypes, type Statement } from './statement.ts';
import { verifyOwn } from './verify-own.ts';

interface ReleaseSubject {
  name: string;
  digest: Digest;
}

interface Release {
  subject: ReleaseSubject;
  /** Goes into the predicate beside `releaseId` and `releasedAt`. */
  predicate: JsonObject;
}

const StoredRelease = z.looseObject({ bundleDigest: Digest });
/** The row of a release. */
export const releaseKey = (tenant: TenantId, releaseId: string): { pk: string; sk: string } => ({
  pk: `T#${tenant}#REL#${releaseId}`,
  sk: 'REL',
});

/** Signs a release and stores its bundle; the returned ops make it real, and log it, only together with the caller's own write. */
export async function issueRelease(
  deps: Pick<Deps, 'signer' | 'blobs' | 'table' | 'ids' | 'clock' | 'checkSignature'>,
  tenant: TenantId,
  { subject, predicate }: Release,
): Promise<{ releaseId: Id<'rel'>; ops: WriteOp[] }> {
  const releaseId = deps.ids.next('rel');
  const statement: Statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: subject.name, digest: { sha256: hexOf(subject.digest) } }],
    predicateType: predicateTypes.release,
    predicate: { ...predicate, releaseId, releasedAt: isoTime(deps.clock.now()) },
  };
  const key = releaseKey(tenant, releaseId);
  const { row, op } = await issueStatement(deps, tenant, { of: key, statement });
  const item = { ...key, type: 'release', ...row, subject: { ...subject } };
  return { releaseId, ops: [{ kind: 'put', item, conditions: [{ kind: 'absent' }] }, op] };
}

/** Throws `mc:package:untrusted` unless the home's own signature says that these bytes were released under this name. */
export async function verifyRelease(
  deps: Pick<Deps, 'signer' | 'blobs' | 'table'>,
  tenant: TenantId,
  releaseId: string,
  subject: ReleaseSubject,
): Promise<void> {
  const item = await deps.table.get(releaseKey(tenant, releaseId));
  if (!item) throw new McError('mc:package:untrusted', `${subject.name} has no release ${releaseId}`);
  const bytes = await deps.blobs.find(tenant, 'receipt', StoredRelease.parse(item).bundleDigest);
  if (!bytes) throw new McError('mc:package:untrusted', `the release statement ${releaseId} of ${subject.name} is gone`);
  try {
    const bundle: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    const { statement } = await verifyOwn(deps, bundle, { artifact: subject.digest, predicateType: predicateTypes.release });
    if (statement.subject[0]?.name !== subject.name)
      throw new McError('mc:receipt:invalid', `the release speaks of ${String(statement.subject[0]?.name)}`);
  } catch (cause) {
    throw new McError('mc:package:untrusted', `the release of ${subject.name} does not verify`, { cause });
  }
}
