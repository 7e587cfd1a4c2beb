import { generateKeyPairSync } from 'node:crypto';
import {
  Extension,
  ExtendedKeyUsage,
  GeneralName,
  id_ce_extKeyUsage,
  id_ce_subjectAltName,
  id_kp_serverAuth,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { issuerOid } from '../../../shared/identity/certificate-extensions.ts';
import type { Case, Scene } from './scene.ts';
import { forgeIdentity, type Forged } from './forge.ts';
import { chainCases } from './chain-cases.ts';
import { changed, entryOf, flipped } from './key-cases.ts';
import { endedLog, rootCases } from './root-cases.ts';

const minuteMs = 60_000;

/** The extensions with another value for one of them, or without it. */
function withExtension(oid: string, value: unknown): NonNullable<Forged['extensions']> {
  return (all) =>
    all.flatMap((each) => {
      if (each.extnID !== oid) return [each];
      if (value === undefined) return [];
      return [new Extension({ extnID: oid, critical: each.critical, extnValue: new OctetString(AsnConvert.serialize(value)) })];
    });
}

const uris = (...all: string[]): SubjectAlternativeName =>
  new SubjectAlternativeName(all.map((uniformResourceIdentifier) => new GeneralName({ uniformResourceIdentifier })));

/** What is wrong with a certificate or a timestamp that the home's own keys signed. */
function forgeries({ identity, stranger }: Scene): [string, Forged][] {
  const otherKeys = stranger.deps.authority;
  return [
    ['a timestamp of before the certificate', { stampedMs: -minuteMs }],
    ['a timestamp of after the certificate', { stampedMs: 31 * minuteMs }],
    ['a timestamp of something else', { stamped: Buffer.from('something else') }],
    ['a timestamp that somebody else signed', { keys: { timestamps: otherKeys.timestamps } }],
    ['a certificate of another authority of the same name', { keys: { certificates: otherKeys.certificates } }],
    ['a certificate that nobody promised to log', { isPromised: false }],
    ['a certificate that somebody else promised to log', { keys: { promises: otherKeys.promises } }],
    ['a certificate that names somebody else', { identity: { uri: `${identity.uri}2` } }],
    ['a certificate of another issuer', { identity: { issuer: 'https://example.com' } }],
    ['a certificate without an issuer', { extensions: withExtension(issuerOid, undefined) }],
    ['a certificate without a name', { extensions: withExtension(id_ce_subjectAltName, undefined) }],
    ['a certificate for servers', { extensions: withExtension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])) }],
    [
      'a certificate with a critical extension that nobody knows',
      { extensions: (all) => [...all, new Extension({ extnID: '1.2.3.4', critical: true, extnValue: new OctetString([5, 0]) })] },
    ],
    ['a certificate for another key', { pem: stranger.pem }],
    [
      'a certificate for a key of another kind',
      { pem: generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ type: 'spki', format: 'pem' }).toString() },
    ],
    ['a log entry that names the key and not the certificate', { isLoggedByKey: true }],
  ];
}

function bundleCases({ goodIdentity: good, good: withKey, stranger }: Scene): [string, string][] {
  const { certificate } = stranger.goodIdentity.verificationMaterial;
  type Material = typeof good.verificationMaterial;
  const material = (change: (material: Material) => void): string => changed(good, ({ verificationMaterial: m }) => change(m));
  const stamp = (change: (text: string) => string): string =>
    material(({ timestampVerificationData: { rfc3161Timestamps: all } }) => {
      for (const each of all) each.signedTimestamp = change(each.signedTimestamp);
    });
  return [
    [
      'an ended certificate without a timestamp',
      material((m) => void Object.assign(m, { timestampVerificationData: { rfc3161Timestamps: [] } })),
    ],
    [
      'an ended certificate without a place for a timestamp',
      material((m) => void Object.assign(m, { timestampVerificationData: undefined })),
    ],
    ['a timestamp that is none', stamp(() => 'AAAA')],
    ['a truncated timestamp', stamp((text) => Buffer.from(text, 'base64').subarray(0, -20).toString('base64'))],
    ['a bit changed in the signature of a timestamp', stamp((text) => flipped(text, Buffer.from(text, 'base64').byteLength - 20))],
    [
      'the timestamp of somebody else',
      material((m) => void (m.timestampVerificationData = stranger.goodIdentity.verificationMaterial.timestampVerificationData)),
    ],
    ['the certificate of somebody else', material((m) => void (m.certificate = certificate))],
    ['a certificate that is none', material((m) => void (m.certificate.rawBytes = 'AAAA'))],
    ['a bit changed in a certificate', material((m) => void (m.certificate.rawBytes = flipped(m.certificate.rawBytes, 60)))],
    ['no log entry beside a certificate', material((m) => void (m.tlogEntries = []))],
    ['the log entry of another bundle beside a certificate', changed(good, (b) => void Object.assign(entryOf(b), entryOf(withKey)))],
    [
      'a corrupted inclusion proof beside a certificate',
      changed(good, (b) => void (entryOf(b).inclusionProof.hashes[0] = flipped(entryOf(b).inclusionProof.hashes[0] ?? ''))),
    ],
    ['an unknown field beside a certificate', material((m) => void Object.assign(m, { extra: 1 }))],
    ['both a key and a certificate', material((m) => void Object.assign(m, { publicKey: withKey.verificationMaterial.publicKey }))],
    ['a bit changed in the statement under a certificate', changed(good, ({ dsseEnvelope: e }) => void (e.payload = flipped(e.payload)))],
    ['a bundle with a key, asked for by identity', JSON.stringify(withKey)],
    ['a bundle of another home', JSON.stringify(stranger.goodIdentity)],
  ];
}

/** Cases about bundles with a certificate. The clock of the home stands in the past, so every certificate has ended. */
export async function identityCases(scene: Scene): Promise<Case[]> {
  const { root, identity, goodIdentity, deps } = scene;
  const asked = { by: identity, root };
  const text = JSON.stringify(goodIdentity);
  const forged: Case[] = [];
  for (const [name, change] of forgeries(scene))
    forged.push({ name, bundle: JSON.stringify(await forgeIdentity(deps, change)), ...asked, holds: false });
  const { uri } = identity;
  const several = await forgeIdentity(deps, { extensions: withExtension(id_ce_subjectAltName, uris(uri, `${uri}2`)) });
  return [
    { name: 'a bundle with an ended certificate and a timestamp', bundle: text, ...asked, holds: true },
    {
      name: 'a timestamp of the first second of a certificate',
      bundle: JSON.stringify(await forgeIdentity(deps, { stampedMs: 0 })),
      ...asked,
      holds: true,
    },
    {
      name: 'a timestamp of the last second of a certificate',
      bundle: JSON.stringify(await forgeIdentity(deps, { stampedMs: 30 * minuteMs })),
      ...asked,
      holds: true,
    },
    ...forged,
    ...bundleCases(scene).map(([name, bundle]) => ({ name, bundle, ...asked, holds: false })),
    ...rootCases(scene).map(([name, holds, changedRoot]) => ({ name, bundle: text, by: identity, root: changedRoot, holds })),
    ...(await chainCases(scene)),
    { name: 'an identity that did not sign', bundle: text, root, by: { ...identity, uri: `${uri}2` }, holds: false },
    { name: 'an issuer that does not vouch', bundle: text, root, by: { ...identity, issuer: 'https://example.com' }, holds: false },
    { name: 'an altered artifact under a certificate', bundle: text, ...asked, artifact: 'altered', holds: false },
    // Where cosign reads less, we read all of it.
    {
      name: 'a certificate for nothing',
      bundle: JSON.stringify(await forgeIdentity(deps, { extensions: withExtension(id_ce_extKeyUsage, undefined) })),
      ...asked,
      holds: false,
      cosign: true,
    },
    { name: 'a log that ended', bundle: text, by: identity, root: endedLog(scene), holds: false, cosign: true },
    // Where cosign takes several, we take one.
    { name: 'a certificate that names two', bundle: JSON.stringify(several), ...asked, holds: false, cosign: true },
    {
      name: 'two timestamps',
      bundle: changed(
        goodIdentity,
        ({
          verificationMaterial: {
            timestampVerificationData: { rfc3161Timestamps: all },
          },
        }) => void all.push(...all),
      ),
      ...asked,
      holds: false,
      cosign: true,
    },
  ];
}
