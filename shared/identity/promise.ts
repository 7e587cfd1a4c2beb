/** Signed certificate timestamps (RFC 6962 §3.2): the promise that a certificate will stand in the log. Ours is kept by the entry of the bundle itself. */
import { verify, type KeyObject } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import * as x509 from '@peculiar/asn1-x509';
import { sha256 } from '../core/sha256.ts';
import type { AuthorityKey } from '../port/keys/authority-keys.ts';
import { promisesOid, rawExtension } from './certificate-extensions.ts';
import { promiserId } from '../receipt/promiser-id.ts';
import { spkiOf } from './sign-certificate.ts';

/** Who promises: its key, and the hash of it by which promises name it. */
export interface PromiseKey {
  id: Buffer;
  key: KeyObject;
}

const hashBytes = 32;
const timeBytes = 8;
const version1 = 0;
const certificateTimestamp = 0;
const precertificateEntry = 1;
/** Hash and signature algorithm of TLS 1.2: SHA-256 and ECDSA. */
const sha256Ecdsa = [4, 3] as const;
const maxPromises = 16;

function withLength(bytes: Uint8Array, lengthBytes: number): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(bytes.byteLength, 0, lengthBytes);
  return Buffer.concat([length, bytes]);
}

/** What is signed: a time, and the certificate as it is without any promise in it. */
function promisedBytes(tbs: x509.TBSCertificate, issuerSpki: Uint8Array, time: Buffer): Buffer {
  const certificate = Buffer.from(AsnConvert.serialize(tbs));
  return Buffer.concat([
    Buffer.of(version1, certificateTimestamp),
    time,
    Buffer.of(0, precertificateEntry),
    sha256(issuerSpki),
    withLength(certificate, 3),
    withLength(Buffer.alloc(0), 2),
  ]);
}

/** The extension with the promise for a certificate that has all of its other extensions. */
export async function promiseExtension(
  key: AuthorityKey,
  tbs: x509.TBSCertificate,
  { issuerSpki, at }: { issuerSpki: Uint8Array; at: number },
): Promise<x509.Extension> {
  const time = Buffer.alloc(timeBytes);
  time.writeBigUInt64BE(BigInt(at));
  const signature = await key.sign(promisedBytes(tbs, issuerSpki, time));
  const id = promiserId(spkiOf((await key.publicKey()).pem));
  const promise = Buffer.concat([
    Buffer.of(version1),
    id,
    time,
    withLength(Buffer.alloc(0), 2),
    Buffer.of(...sha256Ecdsa),
    withLength(signature, 2),
  ]);
  const list = withLength(withLength(promise, 2), 2);
  return rawExtension(promisesOid, AsnConvert.serialize(new OctetString(list)));
}

/** Whether the certificate holds a promise of one of these keys. */
export function hasPromise(certificate: x509.Certificate, issuerSpki: Uint8Array, keys: readonly PromiseKey[]): boolean {
  const { tbsCertificate } = certificate;
  const all = tbsCertificate.extensions ?? new x509.Extensions();
  const held = all.find(({ extnID }) => extnID === promisesOid);
  if (held === undefined) return false;
  const without = new x509.TBSCertificate({ ...tbsCertificate, extensions: new x509.Extensions(all.filter((each) => each !== held)) });
  const list = Buffer.from(AsnConvert.parse(held.extnValue, OctetString).buffer);
  return splitPromises(list).some((promise) => holds(promise, without, { issuerSpki, keys }));
}

function holds(
  promise: Buffer,
  tbs: x509.TBSCertificate,
  { issuerSpki, keys }: { issuerSpki: Uint8Array; keys: readonly PromiseKey[] },
): boolean {
  const idEnd = 1 + hashBytes;
  const timeEnd = idEnd + timeBytes;
  const head = timeEnd + 2 + sha256Ecdsa.length + 2;
  if (promise.byteLength <= head || promise.readUInt8(0) !== version1 || promise.readUInt16BE(timeEnd) !== 0) return false;
  if (promise.readUInt8(timeEnd + 2) !== sha256Ecdsa[0] || promise.readUInt8(timeEnd + 3) !== sha256Ecdsa[1]) return false;
  const signature = promise.subarray(head);
  if (promise.readUInt16BE(head - 2) !== signature.byteLength) return false;
  const by = keys.find(({ id }) => id.equals(promise.subarray(1, idEnd)));
  if (by === undefined) return false;
  const bytes = promisedBytes(tbs, issuerSpki, promise.subarray(idEnd, timeEnd));
  return verify('sha256', bytes, { key: by.key, dsaEncoding: 'der' }, signature);
}

/** The promises of a list; none of a list that is not exactly one. */
function splitPromises(list: Buffer): Buffer[] {
  if (list.byteLength < 2 || list.readUInt16BE(0) !== list.byteLength - 2) return [];
  const promises: Buffer[] = [];
  let at = 2;
  while (at + 2 <= list.byteLength && promises.length < maxPromises) {
    const end = at + 2 + list.readUInt16BE(at);
    if (end > list.byteLength) return [];
    promises.push(list.subarray(at + 2, end));
    at = end;
  }
  return at === list.byteLength ? promises : [];
}
