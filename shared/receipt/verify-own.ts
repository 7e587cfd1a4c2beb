import { z } from 'zod';
import { McError } from '../core/errors.ts';
import { checkSignature } from './check-signature.ts';
import type { CheckSignature } from '../port/check-signature.ts';
import type { Deps } from '../port/deps.ts';
import { publicKeyOf } from '../keys/signer-keys.ts';
import { verifyBundleWith, type VerifiedBundle, type VerifyOptions } from './verify-bundle.ts';

/** Who says to have signed it; all else is read by the verification itself. */
const Signed = z.object({ dsseEnvelope: z.object({ signatures: z.array(z.object({ keyid: z.string() })).min(1) }) });

type OwnDeps = Pick<Deps, 'table' | 'signer'>;

/**
 * As verifyBundle, with the key of this home that the bundle names: the one that signs now, or any before it. Answers that key too. Throws `mc:receipt:invalid` for
 * what none of them signed.
 */
export async function verifyOwn(
  deps: OwnDeps,
  value: unknown,
  options: Omit<VerifyOptions, 'pem'> = {},
  check: CheckSignature = checkSignature,
): Promise<VerifiedBundle & { pem: string }> {
  const signed = Signed.safeParse(value);
  if (!signed.success) throw new McError('mc:receipt:invalid', 'the bundle has no signature');
  const { pem } = await publicKeyOf(deps, signed.data.dsseEnvelope.signatures[0]?.keyid ?? '');
  return { ...(await verifyBundleWith(check, value, { ...options, pem })), pem };
}
