import { Extensions } from '@peculiar/asn1-x509';
import { X509Certificate } from 'node:crypto';
import { McError } from '../core/errors.ts';
import type { AuthorityKeys } from '../port/keys/authority-keys.ts';
import { signerExtensions } from './certificate-extensions.ts';
import type { HomeAuthority } from './home-authority.ts';
import { promiseExtension } from './promise.ts';
import { signCertificate, spkiOf, toBeSigned } from './sign-certificate.ts';
import type { SignerIdentity } from './signer-identity.ts';

/** A certificate says who held a key at one moment, so it needs no long life and no revocation. */
const lifeMs = 30 * 60_000;

interface Subject {
  /** The key that signed. */
  pem: string;
  identity: SignerIdentity;
  /** Now, in milliseconds. */
  at: number;
  /** What the certificate is for; every statement gets one of its own. */
  purpose: string;
}

/** A certificate of the home for one of its signing keys, valid from now for half an hour, in DER. Throws `mc:key:unreadable` when the keys of the authority changed. */
export async function issueCertificate(keys: AuthorityKeys, { root, promises }: HomeAuthority, subject: Subject): Promise<Buffer> {
  const { pem, identity, at, purpose } = subject;
  const issuerSpki = new X509Certificate(root.certificate).publicKey.export({ format: 'der', type: 'spki' });
  await requireKey(keys.certificates, issuerSpki);
  await requireKey(keys.promises, promises);
  const spki = spkiOf(pem);
  const notBefore = Math.floor(at / 1_000) * 1_000;
  const tbs = toBeSigned({ subject: '', issuer: root.name, spki, validity: { notBefore, notAfter: notBefore + lifeMs }, purpose });
  const extensions = signerExtensions(issuerSpki, identity);
  tbs.extensions = new Extensions(extensions);
  const promise = await promiseExtension(keys.promises, tbs, { issuerSpki, at });
  return signCertificate(keys.certificates, tbs, [...extensions, promise]);
}

/** What another key signs, the trusted root of this home does not cover. */
async function requireKey(key: AuthorityKeys['certificates'], spki: Buffer): Promise<void> {
  if (!spkiOf((await key.publicKey()).pem).equals(spki))
    throw new McError('mc:key:unreadable', 'a key of the authority of this home is another than the one in its trusted root');
}
