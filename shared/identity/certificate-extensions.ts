/** The extensions of our certificates, each as RFC 5280 or sigstore has it. */
import { createHash } from 'node:crypto';
import { AsnConvert, AsnUtf8StringConverter, OctetString } from '@peculiar/asn1-schema';
import * as x509 from '@peculiar/asn1-x509';

/** What sigstore calls the issuer of an identity: a UTF8String (Fulcio's OID information, issuer version 2). */
export const issuerOid = '1.3.6.1.4.1.57264.1.8';
/** Embedded signed certificate timestamps (RFC 6962 §3.3). */
export const promisesOid = '1.3.6.1.4.1.11129.2.4.2';

const isCritical = true;

/** One extension whose value is encoded already. */
export function rawExtension(extnID: string, value: ArrayBuffer, critical = false): x509.Extension {
  return new x509.Extension({ extnID, critical, extnValue: new OctetString(value) });
}

function extension(extnID: string, value: unknown, critical = false): x509.Extension {
  return rawExtension(extnID, AsnConvert.serialize(value), critical);
}

/** The identifier of a key: SHA-1 over it, which tells keys apart and protects nothing (RFC 5280 §4.2.1.2). */
function keyIdentifier(spki: Uint8Array): Buffer {
  const { subjectPublicKey } = AsnConvert.parse(spki, x509.SubjectPublicKeyInfo);
  return createHash('sha1').update(Buffer.from(subjectPublicKey)).digest();
}

/** Whose key a certificate is about, and whose key signed it. */
function keyExtensions(subjectSpki: Uint8Array, issuerSpki: Uint8Array): x509.Extension[] {
  const subject = extension(x509.id_ce_subjectKeyIdentifier, new x509.SubjectKeyIdentifier(keyIdentifier(subjectSpki)));
  return [subject, authorityKey(issuerSpki)];
}

function authorityKey(spki: Uint8Array): x509.Extension {
  const value = new x509.AuthorityKeyIdentifier({ keyIdentifier: new x509.KeyIdentifier(keyIdentifier(spki)) });
  return extension(x509.id_ce_authorityKeyIdentifier, value);
}

/** Of the authority itself: it signs certificates of others, and no authorities below it. */
export function rootExtensions(spki: Uint8Array): x509.Extension[] {
  return [
    extension(x509.id_ce_basicConstraints, new x509.BasicConstraints({ cA: true, pathLenConstraint: 0 }), isCritical),
    extension(x509.id_ce_keyUsage, new x509.KeyUsage(x509.KeyUsageFlags.keyCertSign), isCritical),
    ...keyExtensions(spki, spki),
  ];
}

/** Of the key that signs timestamps, and nothing else (RFC 3161 §2.3). */
export function timestampingExtensions(spki: Uint8Array, issuerSpki: Uint8Array): x509.Extension[] {
  return [
    extension(x509.id_ce_keyUsage, new x509.KeyUsage(x509.KeyUsageFlags.digitalSignature), isCritical),
    extension(x509.id_ce_extKeyUsage, new x509.ExtendedKeyUsage([x509.id_kp_timeStamping]), isCritical),
    ...keyExtensions(spki, issuerSpki),
  ];
}

/**
 * Of a signer: an X.509 SVID (exactly one URI) that cosign reads as an identity with its issuer. Every
 * one stands in the log, so it holds no more than it must.
 */
export function signerExtensions(issuerSpki: Uint8Array, identity: { uri: string; issuer: string }): x509.Extension[] {
  const names = new x509.SubjectAlternativeName([new x509.GeneralName({ uniformResourceIdentifier: identity.uri })]);
  return [
    extension(x509.id_ce_keyUsage, new x509.KeyUsage(x509.KeyUsageFlags.digitalSignature), isCritical),
    extension(x509.id_ce_extKeyUsage, new x509.ExtendedKeyUsage([x509.id_kp_codeSigning])),
    // Critical, because the certificate has no other subject (RFC 5280 §4.2.1.6).
    extension(x509.id_ce_subjectAltName, names, isCritical),
    rawExtension(issuerOid, AsnUtf8StringConverter.toASN(identity.issuer).toBER()),
    authorityKey(issuerSpki),
  ];
}
