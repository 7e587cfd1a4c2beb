/** RFC 3161 timestamps: what somebody with a clock signs about bytes that it never sees, only their hash. */
import * as cms from '@peculiar/asn1-cms';
import { AsnConvert, AsnObjectIdentifierConverter, OctetString } from '@peculiar/asn1-schema';
import * as tsp from '@peculiar/asn1-tsp';
import * as x509 from '@peculiar/asn1-x509';
import type { AuthorityKey } from '../port/keys/authority-keys.ts';
import { sha256 } from '../core/sha256.ts';
import { ecdsaWithSha256, serialOf } from './sign-certificate.ts';
import { AttributeSet, sha256Algorithm, SigningCertificate, SigningCertificateId, signingCertificateOid } from './timestamp-attributes.ts';

/** No particular policy (RFC 5280 §4.2.1.4): what our timestamps are worth is said in ADR-0030, and not under an OID. */
const anyPolicyOid = '2.5.29.32.0';

/** Who signs: its key, and the certificate of that key. */
export interface TimestampAuthority {
  key: AuthorityKey;
  certificate: Buffer;
}

/** The answer that `authority` would give to somebody who asks for a timestamp of `bytes` at this time, in DER. */
export async function timestampOf(bytes: Uint8Array, at: number, { key, certificate }: TimestampAuthority): Promise<Buffer> {
  const info = Buffer.from(AsnConvert.serialize(infoOf(bytes, at)));
  const attributes = signedAttributes(info, certificate);
  const signature = await key.sign(Buffer.from(AsnConvert.serialize(new AttributeSet(attributes))));
  const parsed = AsnConvert.parse(certificate, x509.Certificate);
  const { issuer, serialNumber } = parsed.tbsCertificate;
  const signer = new cms.SignerInfo({
    version: cms.CMSVersion.v1,
    sid: new cms.SignerIdentifier({ issuerAndSerialNumber: new cms.IssuerAndSerialNumber({ issuer, serialNumber }) }),
    digestAlgorithm: sha256Algorithm,
    signedAttrs: attributes,
    signatureAlgorithm: ecdsaWithSha256,
    signature: new OctetString(signature),
  });
  const signed = new cms.SignedData({
    version: cms.CMSVersion.v3,
    digestAlgorithms: new cms.DigestAlgorithmIdentifiers([sha256Algorithm]),
    encapContentInfo: new cms.EncapsulatedContentInfo({
      eContentType: tsp.id_ct_tstInfo,
      eContent: new cms.EncapsulatedContent({ single: new OctetString(info) }),
    }),
    certificates: new cms.CertificateSet([new cms.CertificateChoices({ certificate: parsed })]),
    signerInfos: new cms.SignerInfos([signer]),
  });
  const timeStampToken = new tsp.TimeStampToken({ contentType: cms.id_signedData, content: AsnConvert.serialize(signed) });
  const answer = new tsp.TimeStampResp({ status: new tsp.PKIStatusInfo({ status: tsp.PKIStatus.granted }), timeStampToken });
  return Buffer.from(AsnConvert.serialize(answer));
}

function infoOf(bytes: Uint8Array, at: number): tsp.TSTInfo {
  const hash = sha256(bytes);
  const genTime = new Date(at);
  // Without a fraction, so that there is one way to write it.
  genTime.setUTCMilliseconds(0);
  return new tsp.TSTInfo({
    policy: anyPolicyOid,
    messageImprint: new tsp.MessageImprint({ hashAlgorithm: sha256Algorithm, hashedMessage: new OctetString(hash) }),
    serialNumber: serialOf(hash, String(at)),
    genTime,
  });
}

/** As DER wants them: in the order of their bytes. */
function signedAttributes(info: Buffer, certificate: Buffer): cms.Attribute[] {
  const certificateId = Object.assign(new SigningCertificateId(), { certHash: new OctetString(sha256(certificate)) });
  const signingCertificate = Object.assign(new SigningCertificate(), { certs: [certificateId] });
  const attribute = (attrType: string, value: ArrayBuffer): cms.Attribute => new cms.Attribute({ attrType, attrValues: [value] });
  return [
    attribute(cms.id_contentType, AsnObjectIdentifierConverter.toASN(tsp.id_ct_tstInfo).toBER()),
    attribute(cms.id_messageDigest, AsnConvert.serialize(new OctetString(sha256(info)))),
    attribute(signingCertificateOid, AsnConvert.serialize(signingCertificate)),
  ]
    .map((each) => ({ each, der: Buffer.from(AsnConvert.serialize(each)) }))
    .sort((a, b) => Buffer.compare(a.der, b.der))
    .map(({ each }) => each);
}
