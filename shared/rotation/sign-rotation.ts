/** Signs what a home says about a rotation, and files it: bundles like all others, in the transparency log. */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import type { Id } from '../core/id.ts';
import { LeafName } from '../log/log-store.ts';
import type { Deps, HomeConfig } from '../port/deps.ts';
import type { PublicKey, Signer } from '../port/keys/signer.ts';
import type { Key, WriteOp } from '../port/table.ts';
import type { Statement } from '../receipt/statement.ts';
import { issueStatement } from '../receipt/sign/issue-statement.ts';
import { refuseRotation } from './refuse-rotation.ts';
import type { RotatedKey } from './rotation.ts';

/** The statements that a rotation may have; the names are those of evidence files. */
export const statementNames = ['introduced-by-old', 'introduced-by-new', 'introduced', 'completed'] as const;
export type StatementName = (typeof statementNames)[number];

export const FiledStatement = z.object({ sk: z.enum(statementNames), bundleDigest: Digest, leaf: LeafName });

/** Statements are the owner's, because the log and the blob store want a tenant for each. */
export function statementKey({ config }: { config: Pick<HomeConfig, 'ownerTenant'> }, id: Id<'rot'>, name: StatementName): Key {
  return { pk: `T#${config.ownerTenant}#ROTATION#${id}`, sk: name };
}

/** A signer that is this version and no other, whatever the home signs with now. */
export function signerOf({ signingKeys }: Pick<Deps, 'signingKeys'>, { keyId, handle, pem }: RotatedKey): Signer {
  if (pem === null) throw refuseRotation(`${keyId} cannot sign`);
  const key: PublicKey = { keyId, pem };
  return { publicKey: async () => key, sign: async (message) => ({ bytes: await signingKeys.signWith(handle, message), key }) };
}

/** Signs the statement, verifies it with the key that it is to be of, or any of this home, and stores the bundle; the ops file it in the table and in the log. */
export async function signRotation(
  deps: Pick<Deps, 'table' | 'signer' | 'blobs' | 'config' | 'checkSignature'>,
  signer: Signer,
  { id, name, statement, by }: { id: Id<'rot'>; name: StatementName; statement: Statement; by?: RotatedKey },
): Promise<WriteOp[]> {
  const key = statementKey(deps, id, name);
  const { signed, row, op } = await issueStatement(deps, deps.config.ownerTenant, { of: key, statement, signer });
  if (by && signed.pem !== by.pem) throw refuseRotation(`The home does not sign with ${by.keyId} yet`);
  return [{ kind: 'put', item: { ...key, ...row }, conditions: [{ kind: 'absent' }] }, op];
}
