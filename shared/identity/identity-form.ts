/** The identity form of whatever the home signed and filed: made when somebody asks, and the same bytes ever after. */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { LeafName } from '../log/log-store.ts';
import { certificateEntryOp } from '../log/log-entry-op.ts';
import { withLogEntry, type ProofDeps } from '../log/with-log-entry.ts';
import type { Deps } from '../port/deps.ts';
import type { Key, WriteOp } from '../port/table.ts';
import type { Bundle } from '../receipt/bundle.ts';
import { findBundle } from '../receipt/find-bundle.ts';
import type { IdentityBundle } from '../receipt/identity-bundle.ts';
import { verifyOwn } from '../receipt/verify-own.ts';
import { homeAuthority } from './home-authority.ts';
import { withMaterial } from './with-material.ts';

const Der = z.base64().transform((text): Buffer => Buffer.from(text, 'base64'));
const FiledStatement = z.object({ bundleDigest: Digest, leaf: LeafName.optional() });
/** The digest is that of the bundle with the key: with it the monitor of the log finds what an entry is about. */
const FiledIdentity = z.object({ bundleDigest: Digest, leaf: LeafName, certificate: Der, timestamp: Der });
type FiledIdentity = z.infer<typeof FiledIdentity>;

/** What a use case needs that answers statements in their identity form. */
export type IdentityDeps = ProofDeps & Pick<Deps, 'signer' | 'authority' | 'config'>;

/** Where the identity form of the statement at this key is filed: beside it, so that they go together. */
export const identityKey = ({ pk, sk }: Key): Key => ({ pk, sk: `${sk}#IDENTITY` });

/** With the key that signed it, or with the identity of who signed it. */
export const StatementForm = z.enum(['key', 'identity']);
export type StatementForm = z.infer<typeof StatementForm>;

/** The statement that is filed at this key, in the form that is wanted, with its entry in the log: the same bytes every time. Throws `mc:receipt:invalid` when nothing is filed there. */
export async function signedStatement(
  deps: IdentityDeps,
  tenant: TenantId,
  key: Key,
  form: StatementForm,
): Promise<Bundle | IdentityBundle> {
  if (form === 'identity') return identityForm(deps, tenant, key);
  const { bundle, leaf } = await readFiled(deps, tenant, key);
  return withLogEntry(deps, bundle, leaf);
}

/**
 * The statement that is filed at this key, with a certificate of the key that signed it, a timestamp of when the certificate was issued, and an entry of its own in the log. Only what the home filed gets
 * one: a signing key that was stolen is of no use for that. Throws `mc:receipt:invalid` when nothing is filed there, or when it does not verify.
 */
export async function identityForm(deps: IdentityDeps, tenant: TenantId, key: Key): Promise<IdentityBundle> {
  const { bundle, bundleDigest } = await readFiled(deps, tenant, key);
  const filed = (await findFiled(deps, key)) ?? (await file(deps, { key, bundle, bundleDigest }));
  return withLogEntry(deps, withMaterial(bundle, filed), filed.leaf);
}

interface Statement {
  bundle: Bundle;
  bundleDigest: Digest;
  leaf: string | undefined;
}

async function readFiled(deps: IdentityDeps, tenant: TenantId, key: Key): Promise<Statement> {
  const item = await deps.table.get(key);
  if (!item) throw new McError('mc:receipt:invalid', `nothing signed is filed as ${key.sk}`);
  const { bundleDigest, leaf } = FiledStatement.parse(item);
  const bundle = await findBundle(deps, tenant, bundleDigest);
  if (!bundle) throw new McError('mc:receipt:invalid', `the bundle of ${key.sk} is gone`);
  return { bundle, bundleDigest, leaf };
}

async function findFiled({ table }: IdentityDeps, key: Key): Promise<FiledIdentity | undefined> {
  const item = await table.get(identityKey(key));
  return item && FiledIdentity.parse(item);
}

async function file(deps: IdentityDeps, statement: { key: Key; bundle: Bundle; bundleDigest: Digest }): Promise<FiledIdentity> {
  const { key, bundle, bundleDigest } = statement;
  const { pem } = await verifyOwn(deps, bundle);
  const authority = await homeAuthority(deps);
  // Only whoever needs it pays for loading the ASN.1 library.
  const { certify } = await import('./certify.ts');
  const { certificate, timestamp } = await certify(deps, authority, { bundle, pem });
  const row = identityKey(key);
  const { leaf, op } = certificateEntryOp(bundle, certificate, row);
  const item = { ...row, bundleDigest, leaf, certificate: certificate.toString('base64'), timestamp: timestamp.toString('base64') };
  // What was purged meanwhile gets no second form.
  const isThere: WriteOp = { kind: 'check', key, conditions: [{ kind: 'present' }] };
  const { ok } = await deps.table.write([{ kind: 'put', item, conditions: [{ kind: 'absent' }] }, op, isThere]);
  if (ok) return { bundleDigest, leaf, certificate, timestamp };
  const winner = await findFiled(deps, key);
  if (!winner) throw new McError('mc:receipt:invalid', `the statement ${key.sk} has gone since it was read`);
  return winner;
}
