import { createPublicKey } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import * as x509 from '@peculiar/asn1-x509';
import { sha256 } from '../core/sha256.ts';
import type { AuthorityKey } from '../port/keys/authority-keys.ts';

const commonNameOid = '2.5.4.3';
const serialBytes = 16;

/** ecdsa-with-SHA256 (RFC 5758 §3.2); it has no parameters. */
export const ecdsaWithSha256 = new x509.AlgorithmIdentifier({ algorithm: '1.2.840.10045.4.3.2' });

/** What a certificate says, but for its extensions. */
export interface CertificateFields {
  /** Common name; empty for a certificate that names its subject in an extension. */
  subject: string;
  /** Common name of the authority. */
  issuer: string;
  /** SubjectPublicKeyInfo. */
  spki: Uint8Array;
  validity: { notBefore: number; notAfter: number };
  /** Whatever makes this certificate another than the last of the same key. */
  purpose: string;
}

/** SubjectPublicKeyInfo of a key in PEM. */
export function spkiOf(pem: string): Buffer {
  return createPublicKey(pem).export({ format: 'der', type: 'spki' });
}

/** What is to be signed, without extensions yet. */
export function toBeSigned(fields: CertificateFields): x509.TBSCertificate {
  const { subject, issuer, spki, validity, purpose } = fields;
  return new x509.TBSCertificate({
    version: x509.Version.v3,
    serialNumber: serialOf(spki, `${purpose} ${validity.notBefore}`),
    signature: ecdsaWithSha256,
    issuer: nameOf(issuer),
    validity: new x509.Validity({ notBefore: new Date(validity.notBefore), notAfter: new Date(validity.notAfter) }),
    subject: nameOf(subject),
    subjectPublicKeyInfo: AsnConvert.parse(spki, x509.SubjectPublicKeyInfo),
  });
}

/** The certificate in DER: what is to be signed, with these extensions, signed with the key of the authority. */
export async function signCertificate(key: AuthorityKey, tbs: x509.TBSCertificate, extensions: x509.Extension[]): Promise<Buffer> {
  tbs.extensions = new x509.Extensions(extensions);
  const signature = await key.sign(Buffer.from(AsnConvert.serialize(tbs)));
  const signatureValue = Uint8Array.from(signature).buffer;
  return Buffer.from(
    AsnConvert.serialize(new x509.Certificate({ tbsCertificate: tbs, signatureAlgorithm: ecdsaWithSha256, signatureValue })),
  );
}

function nameOf(commonName: string): x509.Name {
  if (commonName === '') return new x509.Name([]);
  const value = new x509.AttributeValue({ utf8String: commonName });
  return new x509.Name([new x509.RelativeDistinguishedName([new x509.AttributeTypeAndValue({ type: commonNameOid, value })])]);
}

/** A serial number for this subject and purpose, positive and of a fixed length: a hash whose first bits are 01. */
export function serialOf(subject: Uint8Array, purpose: string): ArrayBuffer {
  const bytes = sha256(subject, purpose).subarray(0, serialBytes);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return Uint8Array.from(bytes).buffer;
}
