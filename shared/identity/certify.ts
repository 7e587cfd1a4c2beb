import type { Deps } from '../port/deps.ts';
import type { Bundle } from '../receipt/bundle.ts';
import { trustedRoot } from '../receipt/trusted-root.ts';
import type { HomeAuthority } from './home-authority.ts';
import { issueCertificate } from './issue-certificate.ts';
import { signerIdentity } from './signer-identity.ts';
import { timestampOf } from './timestamp.ts';
import { trustedAuthorities } from './trusted-authorities.ts';
import { verifySigner } from './verify-identity-bundle.ts';
import { withMaterial } from './with-material.ts';

interface Material {
  certificate: Buffer;
  timestamp: Buffer;
}

/** A certificate for the key that signed this bundle, and a timestamp over its signature, both of now; verified with what the trusted root of the home says before they count. */
export async function certify(
  { authority: keys, clock, config }: Pick<Deps, 'authority' | 'clock' | 'config'>,
  authority: HomeAuthority,
  { bundle, pem }: { bundle: Bundle; pem: string },
): Promise<Material> {
  const signature = Buffer.from(bundle.dsseEnvelope.signatures[0]?.sig ?? '', 'base64');
  const identity = signerIdentity(config);
  const at = clock.now();
  const certificate = await issueCertificate(keys, authority, { pem, identity, at, purpose: signature.toString('base64') });
  const timestamp = await timestampOf(signature, at, { key: keys.timestamps, certificate: authority.timestamps.certificate });
  const authorities = trustedAuthorities(trustedRoot([], { ...authority, uri: config.builderId }));
  verifySigner(withMaterial(bundle, { certificate, timestamp }), { identity, authorities });
  return { certificate, timestamp };
}
