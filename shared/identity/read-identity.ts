import { AsnConvert, AsnProp, AsnPropTypes, AsnType, AsnTypeTypes } from '@peculiar/asn1-schema';
import * as x509 from '@peculiar/asn1-x509';
import { issuerOid } from './certificate-extensions.ts';
import type { SignerIdentity } from './signer-identity.ts';
import { findExtension } from './verify-chain.ts';

/** A choice of one kind, so that only a UTF8String is read as one. Decorators are no erasable syntax, so they are called. */
class Utf8 {
  text = '';
}
AsnType({ type: AsnTypeTypes.Choice })(Utf8);
AsnProp({ type: AsnPropTypes.Utf8String })(Utf8.prototype, 'text');

/** Whom a certificate names: its only name, a URI, and the issuer of that; undefined for a certificate that names nobody, or several. */
export function readIdentity(certificate: x509.Certificate): SignerIdentity | undefined {
  const names = findExtension(certificate, x509.id_ce_subjectAltName);
  const issuer = findExtension(certificate, issuerOid);
  if (names === undefined || issuer === undefined) return undefined;
  try {
    const all = AsnConvert.parse(names.value, x509.SubjectAlternativeName);
    const uri = all.length === 1 ? all[0]?.uniformResourceIdentifier : undefined;
    return uri === undefined ? undefined : { uri, issuer: AsnConvert.parse(issuer.value, Utf8).text };
  } catch {
    return undefined; // What cannot be read names nobody.
  }
}
