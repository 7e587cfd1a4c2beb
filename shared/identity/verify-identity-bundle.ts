/** Verification of the identity form, offline: who signed is told by a certificate, and when by a timestamp, both of authorities that a trusted root names. */
import { X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import * as x509 from '@peculiar/asn1-x509';
import type { Digest } from '../core/digest.ts';
import { hasCode, McError } from '../core/errors.ts';
import { isWithin } from '../core/time/period.ts';
import { shownValue } from '../core/text/shown-value.ts';
import { certificateLogEntry } from '../log/log-entry.ts';
import { IdentityBundle } from '../receipt/identity-bundle.ts';
import { parsedAs } from '../receipt/parsed-as.ts';
import type { TrustedLog } from '../receipt/trusted-logs.ts';
import { verifyBundle, type VerifiedBundle } from '../receipt/verify-bundle.ts';
import { verifyEntry } from '../receipt/verify-log-entry.ts';
import { hasPromise } from './promise.ts';
import { readIdentity } from './read-identity.ts';
import type { SignerIdentity } from './signer-identity.ts';
import type { TrustedAuthorities } from './trusted-authorities.ts';
import { findIssuer, parseCertificate } from './verify-chain.ts';
import { verifyTimestamp } from './verify-timestamp.ts';

export interface VerifySignerOptions {
  /** Who must have signed. */
  identity: SignerIdentity;
  authorities: TrustedAuthorities;
  artifact?: Digest;
  predicateType?: string;
}

export interface VerifyIdentityOptions extends VerifySignerOptions {
  /** The trusted transparency logs. */
  logs: readonly TrustedLog[];
}

export interface VerifiedIdentity extends VerifiedBundle {
  identity: SignerIdentity;
  /** When the signature was there, and its certificate valid. */
  stampedAt: number;
  certificate: X509Certificate;
}

const refuse = (why: string, cause?: unknown): McError => new McError('mc:receipt:invalid', why, { cause });

/** Answers the statement of a bundle that verifies, whatever the time is now; throws `mc:receipt:invalid` with the reason for everything else. */
export function verifyIdentityBundle(value: unknown, { logs, ...options }: VerifyIdentityOptions): VerifiedIdentity {
  const bundle = parsedAs(IdentityBundle, value, 'the bundle');
  const verified = verifySigner(bundle, options);
  const [entry] = bundle.verificationMaterial.tlogEntries;
  if (entry === undefined) throw refuse('the bundle stands in no transparency log');
  // The entry has no time of its own; it was made with the timestamp.
  const trusted = logs.filter((log) => isWithin(verified.stampedAt, log.trusted));
  return { ...verified, log: verifyEntry(entry, certificateLogEntry(bundle.dsseEnvelope, verified.certificate.raw), trusted) };
}

/** As verifyIdentityBundle, without a look at the log: what a home does before it logs a bundle. */
export function verifySigner(bundle: IdentityBundle, options: VerifySignerOptions): VerifiedIdentity {
  try {
    return verifyMaterial(bundle, options);
  } catch (error) {
    // A certificate may hold what a library cannot make out, or a key of a kind that signs no receipts.
    throw hasCode(error, 'mc:receipt:invalid')
      ? error
      : refuse('the certificate cannot be read, or is not for a key that signs receipts', error);
  }
}

function verifyMaterial(bundle: IdentityBundle, { authorities, identity, ...claims }: VerifySignerOptions): VerifiedIdentity {
  const [signature] = bundle.dsseEnvelope.signatures;
  const [stamp] = bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps;
  if (signature === undefined || stamp === undefined) throw refuse('the bundle has no signature, or no timestamp');
  const certificate = readCertificate(Buffer.from(bundle.verificationMaterial.certificate.rawBytes, 'base64'));
  const answer = Buffer.from(stamp.signedTimestamp, 'base64');
  const stampedAt = verifyTimestamp(answer, Buffer.from(signature.sig, 'base64'), authorities.timestamps);
  checkCertificate(certificate, authorities, stampedAt);
  checkIdentity(parseCertificate(certificate), identity);
  const pem = certificate.publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const withKey = { ...bundle, verificationMaterial: { publicKey: { hint: signature.keyid }, tlogEntries: [] } };
  return { ...verifyBundle(withKey, { pem, ...claims }), identity, stampedAt, certificate };
}

function readCertificate(der: Buffer): X509Certificate {
  const certificate = new X509Certificate(der);
  // What the other library reads otherwise is no certificate of anybody who means well.
  if (!Buffer.from(AsnConvert.serialize(parseCertificate(certificate))).equals(der)) throw refuse('the certificate has more than one form');
  return certificate;
}

/** Issued by a trusted authority, for signing, promised to a log, and all of that at the time of the stamp. */
function checkCertificate(certificate: X509Certificate, authorities: TrustedAuthorities, at: number): void {
  const issuers = authorities.certificates.flatMap((authority) => findIssuer(certificate, authority, at) ?? []);
  const [issuer] = issuers;
  if (issuer === undefined)
    throw refuse('no authority that the trusted root names issued the certificate, valid at the time of the timestamp');
  if (certificate.ca || certificate.keyUsage?.includes(x509.id_kp_codeSigning) !== true)
    throw refuse('the certificate is not one for signing code');
  const issuerSpki = issuer.publicKey.export({ format: 'der', type: 'spki' });
  const promisers = authorities.promises.filter(({ trusted }) => isWithin(at, trusted));
  if (!hasPromise(parseCertificate(certificate), issuerSpki, promisers))
    throw refuse('no log of certificates that the trusted root names promised to log the certificate');
}

function checkIdentity(certificate: x509.Certificate, wanted: SignerIdentity): void {
  const found = readIdentity(certificate);
  if (found === undefined) throw refuse('the certificate does not name exactly one signer and its issuer');
  if (found.uri !== wanted.uri) throw refuse(`signed by ${shownValue(found.uri)}, wanted ${wanted.uri}`);
  if (found.issuer !== wanted.issuer) throw refuse(`the signer is named by ${shownValue(found.issuer)}, wanted ${wanted.issuer}`);
}
