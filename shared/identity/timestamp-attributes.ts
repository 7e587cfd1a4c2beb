/** The parts of a timestamp that the ASN.1 library has no types for. Decorators are no erasable syntax, so they are called. */
import { Attribute } from '@peculiar/asn1-cms';
import { AsnArray, AsnProp, AsnType, AsnTypeTypes, OctetString } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';

/** SHA-256, in the form without parameters (RFC 5754 §2). */
export const sha256Algorithm = new AlgorithmIdentifier({ algorithm: '2.16.840.1.101.3.4.2.1' });
/** The attribute that holds a SigningCertificate. */
export const signingCertificateOid = '1.2.840.113549.1.9.16.2.47';

/** ESSCertIDv2 of RFC 5035 with its default hash, SHA-256, and without its optional part. */
export class SigningCertificateId {
  certHash = new OctetString();
}
AsnProp({ type: OctetString })(SigningCertificateId.prototype, 'certHash');

/** SigningCertificateV2 of RFC 5035: which certificate signs, so that no other one with the same key can be put in its place. */
export class SigningCertificate {
  certs: SigningCertificateId[] = [];
}
AsnProp({ type: SigningCertificateId, repeated: 'sequence' })(SigningCertificate.prototype, 'certs');

/** The form in which the signed attributes are signed (RFC 5652 §5.4). */
export class AttributeSet extends AsnArray<Attribute> {}
AsnType({ type: AsnTypeTypes.Set, itemType: Attribute })(AttributeSet);
