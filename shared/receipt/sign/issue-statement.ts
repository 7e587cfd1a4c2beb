import type { Digest } from '../../core/digest.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import { namedEntryOp } from '../../log/log-entry-op.ts';
import type { Deps } from '../../port/deps.ts';
import type { SignedStatement, Signer } from '../../port/keys/signer.ts';
import type { Key, WriteOp } from '../../port/table.ts';
import { signOwn } from './sign-own.ts';
import type { SignOwnDeps } from './sign-own-text.ts';
import type { Statement } from '../statement.ts';
import { storeBundle } from '../stored/store-bundle.ts';

interface IssuedStatement {
  /** With the key that it verifies with. */
  signed: SignedStatement;
  /** What the row that files it keeps: where the bundle is stored, and which entry of the log is its own. */
  row: { bundleDigest: Digest; leaf: string };
  /** Logs it; belongs into the write that files it. */
  op: WriteOp;
}

/**
 * Signs a statement with a key of the home, checks it and stores its bundle. It is filed under `of` only by the caller's write, which takes the row and the op; until
 * then it is a bundle that nobody names. Throws `mc:receipt:invalid`.
 */
export async function issueStatement(
  deps: SignOwnDeps & Pick<Deps, 'blobs'>,
  tenant: TenantId,
  { of, statement, signer }: { of: Key; statement: Statement; signer?: Signer },
): Promise<IssuedStatement> {
  const signed = await signOwn(deps, statement, signer);
  const bundleDigest = await storeBundle(deps, tenant, signed);
  return { signed, row: { bundleDigest, leaf: signed.leaf }, op: namedEntryOp(signed, of) };
}
