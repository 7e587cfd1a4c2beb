import type { X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import * as x509 from '@peculiar/asn1-x509';
import { isWithin } from '../core/time/period.ts';
import { validityOf, type TrustedChain } from './trusted-authorities.ts';

/** What we know how to check; a certificate with any other critical extension is not for us (RFC 5280 §4.2). */
const knownCritical: readonly string[] = [
  x509.id_ce_basicConstraints,
  x509.id_ce_keyUsage,
  x509.id_ce_extKeyUsage,
  x509.id_ce_subjectAltName,
];

/** The certificate as structure, to read what node:crypto does not tell. */
export function parseCertificate(certificate: X509Certificate): x509.Certificate {
  return AsnConvert.parse(certificate.raw, x509.Certificate);
}

/** The value of an extension, and whether it is critical; undefined when it is absent, and when it is there twice. */
export function findExtension(certificate: x509.Certificate, oid: string): { value: ArrayBuffer; critical: boolean } | undefined {
  const found = (certificate.tbsCertificate.extensions ?? []).filter(({ extnID }) => extnID === oid);
  const [only] = found;
  return only && found.length === 1 ? { value: only.extnValue.buffer, critical: only.critical } : undefined;
}

/** The certificate of the chain that issued this one, when the chain leads to its root at this moment; undefined otherwise. */
export function findIssuer(leaf: X509Certificate, { chain, trusted }: TrustedChain, at: number): X509Certificate | undefined {
  const root = chain.at(-1);
  if (root === undefined || !isWithin(at, trusted) || !isUsable(leaf, at)) return undefined;
  const first = issuerOf(leaf, chain, { at, below: 0 });
  let current = first;
  for (let below = 1; current !== undefined && below <= chain.length; below += 1) {
    if (current.raw.equals(root.raw)) return first;
    current = issuerOf(current, chain, { at, below });
  }
  return undefined;
}

function issuerOf(
  certificate: X509Certificate,
  chain: readonly X509Certificate[],
  { at, below }: { at: number; below: number },
): X509Certificate | undefined {
  return chain.find(
    (issuer) => isUsable(issuer, at) && mayIssue(issuer, below) && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey),
  );
}

function isUsable(certificate: X509Certificate, at: number): boolean {
  const extensions = parseCertificate(certificate).tbsCertificate.extensions ?? [];
  return isWithin(at, validityOf(certificate)) && extensions.every(({ extnID, critical }) => !critical || knownCritical.includes(extnID));
}

/** Whether it is an authority, and one over so many others. */
function mayIssue(issuer: X509Certificate, below: number): boolean {
  const found = findExtension(parseCertificate(issuer), x509.id_ce_basicConstraints);
  if (!issuer.ca || found === undefined) return false;
  const { pathLenConstraint } = AsnConvert.parse(found.value, x509.BasicConstraints);
  return pathLenConstraint === undefined || below <= pathLenConstraint;
}
