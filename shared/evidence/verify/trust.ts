import { McError } from '../../core/errors.ts';
import type { LogIdentity } from '../../log/log-identity.ts';
import { Bundle } from '../../receipt/bundle.ts';
import { keyIdOf } from '../../receipt/key-id.ts';
import { verifyBundle, type VerifiedBundle, type VerifyOptions } from '../../receipt/verify-bundle.ts';
import { refusePack } from './refuse-pack.ts';

/** Whom the verifier of a pack trusts. */
export interface Trust {
  /** Public keys of the home, PEM: a run may have been sealed with another one than its pack was made with. */
  pems: readonly string[];
  /** Its transparency logs; without them only the proofs in the bundles are checked. */
  logs?: readonly LogIdentity[];
}

/** The trusted key of this id; the first one for an id that none of them has, so that the refusal names it. */
export function keyFor({ pems }: Trust, keyId: string): string {
  const found = pems.find((pem) => keyIdOf(pem) === keyId) ?? pems[0];
  if (found === undefined) throw refusePack('no key is trusted');
  return found;
}

/** The bundle in a file of a pack, verified; throws `mc:disclosure:invalid`. */
export function verifySigned(trust: Trust, path: string, value: unknown, options: Omit<VerifyOptions, 'pem' | 'logs'>): VerifiedBundle {
  try {
    const { dsseEnvelope } = Bundle.parse(value);
    const pem = keyFor(trust, dsseEnvelope.signatures[0]?.keyid ?? '');
    return verifyBundle(value, { ...options, pem, ...(trust.logs && { logs: trust.logs }) });
  } catch (error) {
    throw refusePack(`${path}: ${error instanceof McError ? error.message : 'it is no signed bundle'}`, error);
  }
}
