/** Verification of RFC 3161 timestamps, as strict as we write them. */
import { verify, type X509Certificate } from 'node:crypto';
import * as cms from '@peculiar/asn1-cms';
import { AsnConvert, AsnObjectIdentifierConverter, OctetString } from '@peculiar/asn1-schema';
import * as tsp from '@peculiar/asn1-tsp';
import * as x509 from '@peculiar/asn1-x509';
import { McError } from '../core/errors.ts';
import { sha256 } from '../core/sha256.ts';
import { ecdsaWithSha256 } from './sign-certificate.ts';
import { AttributeSet, sha256Algorithm, SigningCertificate, signingCertificateOid } from './timestamp-attributes.ts';
import type { TrustedChain } from './trusted-authorities.ts';
import { findExtension, findIssuer, parseCertificate } from './verify-chain.ts';

const refuse = (why: string, cause?: unknown): McError =>
  new McError('mc:receipt:invalid', `the timestamp does not hold: ${why}`, { cause });

interface Token {
  info: tsp.TSTInfo;
  /** The bytes of `info`, as they were hashed. */
  content: Buffer;
  signer: cms.SignerInfo;
  attributes: cms.Attribute[];
  /** Those that came with it. */
  certificates: Buffer[];
}

/** When, by word of one of these authorities, these bytes were there; throws `mc:receipt:invalid` when none of them says so. */
export function verifyTimestamp(answer: Buffer, bytes: Uint8Array, authorities: readonly TrustedChain[]): number {
  try {
    return verifyToken(answer, bytes, authorities);
  } catch (error) {
    // Whatever a library cannot make out is nothing that we wrote.
    throw error instanceof McError ? error : refuse('it cannot be read', error);
  }
}

function verifyToken(answer: Buffer, bytes: Uint8Array, authorities: readonly TrustedChain[]): number {
  const token = readToken(answer);
  checkImprint(token, bytes);
  checkAttributes(token);
  const at = token.info.genTime.getTime();
  const signed = Buffer.from(AsnConvert.serialize(new AttributeSet(token.attributes)));
  const signature = Buffer.from(token.signer.signature.buffer);
  const isTrusted = authorities.some((authority) => {
    const leaf = timestampingLeaf(authority);
    if (leaf === undefined || !isNamed(token, leaf)) return false;
    return (
      verify('sha256', signed, { key: leaf.publicKey, dsaEncoding: 'der' }, signature) && findIssuer(leaf, authority, at) !== undefined
    );
  });
  if (!isTrusted) throw refuse('no authority that the trusted root names signed it while it was trusted');
  return at;
}

function readToken(answer: Buffer): Token {
  const { status, timeStampToken } = AsnConvert.parse(answer, tsp.TimeStampResp);
  if (status.status !== tsp.PKIStatus.granted || timeStampToken?.contentType !== cms.id_signedData) throw refuse('it was not granted');
  const signed = AsnConvert.parse(timeStampToken.content, cms.SignedData);
  // One way to write it: what is appended, or written otherwise, is not what was signed and stored.
  const again = new tsp.TimeStampToken({ contentType: cms.id_signedData, content: AsnConvert.serialize(signed) });
  const whole = AsnConvert.serialize(new tsp.TimeStampResp({ status, timeStampToken: again }));
  if (!Buffer.from(whole).equals(answer)) throw refuse('it is not written in the one form that counts');
  const [hash] = signed.digestAlgorithms;
  const [signer] = signed.signerInfos;
  if (signed.version !== cms.CMSVersion.v3 || signed.digestAlgorithms.length !== 1 || hash?.algorithm !== sha256Algorithm.algorithm)
    throw refuse('it is of another form');
  if (signer?.version !== cms.CMSVersion.v1 || signed.signerInfos.length !== 1) throw refuse('it has not exactly one signature');
  const { eContentType, eContent } = signed.encapContentInfo;
  if (eContentType !== tsp.id_ct_tstInfo || eContent?.single === undefined) throw refuse('it says no time');
  const content = Buffer.from(eContent.single.buffer);
  const certificates = (signed.certificates ?? []).map((each) => Buffer.from(AsnConvert.serialize(each)));
  return { info: AsnConvert.parse(content, tsp.TSTInfo), content, signer, attributes: signer.signedAttrs ?? [], certificates };
}

function checkImprint({ info }: Token, bytes: Uint8Array): void {
  const { hashAlgorithm, hashedMessage } = info.messageImprint;
  if (hashAlgorithm.algorithm !== sha256Algorithm.algorithm) throw refuse('its hash is not SHA-256');
  if (!Buffer.from(hashedMessage.buffer).equals(sha256(bytes))) throw refuse('it is about another signature');
}

function checkAttributes({ signer, attributes, content }: Token): void {
  if (signer.digestAlgorithm.algorithm !== sha256Algorithm.algorithm || signer.signatureAlgorithm.algorithm !== ecdsaWithSha256.algorithm)
    throw refuse('it is not signed with ECDSA over SHA-256');
  const type = attributeOf(attributes, cms.id_contentType);
  if (!type.equals(Buffer.from(AsnObjectIdentifierConverter.toASN(tsp.id_ct_tstInfo).toBER()))) throw refuse('it is of another type');
  const digest = AsnConvert.parse(attributeOf(attributes, cms.id_messageDigest), OctetString);
  if (!Buffer.from(digest.buffer).equals(sha256(content))) throw refuse('it was signed about another time');
}

function attributeOf(attributes: readonly cms.Attribute[], oid: string): Buffer {
  const values = attributes.filter(({ attrType }) => attrType === oid).flatMap(({ attrValues }) => attrValues);
  const [only] = values;
  if (only === undefined || values.length !== 1) throw refuse(`it has not exactly one attribute ${oid}`);
  return Buffer.from(only);
}

/** The certificate that is for timestamps and nothing else, which is the first of its chain (RFC 3161 §2.3). */
function timestampingLeaf({ chain }: TrustedChain): X509Certificate | undefined {
  const [leaf] = chain;
  if (leaf === undefined || leaf.ca) return undefined;
  const usage = findExtension(parseCertificate(leaf), x509.id_ce_extKeyUsage);
  if (usage?.critical !== true) return undefined;
  const purposes = AsnConvert.parse(usage.value, x509.ExtendedKeyUsage);
  return purposes.length === 1 && purposes[0] === x509.id_kp_timeStamping ? leaf : undefined;
}

/** Whether the token says that this certificate signed it, in each place where it says so. */
function isNamed({ attributes, certificates, signer }: Token, leaf: X509Certificate): boolean {
  const { certs } = AsnConvert.parse(attributeOf(attributes, signingCertificateOid), SigningCertificate);
  const { issuer, serialNumber } = parseCertificate(leaf).tbsCertificate;
  const id = new cms.IssuerAndSerialNumber({ issuer, serialNumber });
  const named = signer.sid.issuerAndSerialNumber;
  return (
    certs[0] !== undefined &&
    Buffer.from(certs[0].certHash.buffer).equals(sha256(leaf.raw)) &&
    named !== undefined &&
    Buffer.from(AsnConvert.serialize(named)).equals(Buffer.from(AsnConvert.serialize(id))) &&
    certificates.every((each) => each.equals(leaf.raw))
  );
}
