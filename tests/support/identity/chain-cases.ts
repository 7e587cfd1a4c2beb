/** Authorities below authorities: homes have none, other trusted roots may. */
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { BasicConstraints, Extension, id_ce_basicConstraints, id_ce_keyUsage, KeyUsage, KeyUsageFlags } from '@peculiar/asn1-x509';
import { homeAuthority } from '../../../shared/identity/home-authority.ts';
import { signCertificate, spkiOf, toBeSigned } from '../../../shared/identity/sign-certificate.ts';
import type { AuthorityKey } from '../../../shared/port/keys/authority-keys.ts';
import { newAuthorityKeys } from './authority-keys.ts';
import type { Case, Scene } from './scene.ts';
import { forgeIdentity } from './forge.ts';

const dayMs = 24 * 60 * 60_000;

interface Authority {
  name: string;
  key: AuthorityKey;
}

/** The certificate of one authority by another. */
async function certified(scene: Scene, subject: Authority, issuer: Authority, constraints: BasicConstraints): Promise<string> {
  const now = scene.deps.clock.now();
  const tbs = toBeSigned({
    subject: subject.name,
    issuer: issuer.name,
    spki: spkiOf((await subject.key.publicKey()).pem),
    validity: { notBefore: now - dayMs, notAfter: now + dayMs },
    purpose: subject.name,
  });
  const critical = (extnID: string, value: unknown): Extension =>
    new Extension({ extnID, critical: true, extnValue: new OctetString(AsnConvert.serialize(value)) });
  const extensions = [critical(id_ce_basicConstraints, constraints), critical(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign))];
  return (await signCertificate(issuer.key, tbs, extensions)).toString('base64');
}

/** Cases about certificates that an authority below the root issued. */
export async function chainCases(scene: Scene): Promise<Case[]> {
  const { deps, root, identity } = scene;
  const authority = (name: string): Authority => ({ name, key: newAuthorityKeys().certificates });
  const [top, middle, twin] = [authority('top'), authority('middle'), authority('middle')];
  const home = { name: (await homeAuthority(deps)).root.name, key: deps.authority.certificates };
  const yes = new BasicConstraints({ cA: true });
  const topCertificate = await certified(scene, top, top, yes);
  const middleCertificate = await certified(scene, middle, top, yes);
  const twinCertificate = await certified(scene, twin, top, yes);
  const tooLow = await certified(scene, middle, home, yes);
  const noAuthority = await certified(scene, middle, top, new BasicConstraints({ cA: false }));
  const homeCertificate = (await homeAuthority(deps)).root.certificate.toString('base64');
  const issued = await forgeIdentity(deps, { issuer: middle.name, keys: { certificates: middle.key } });
  const asked = { bundle: JSON.stringify(issued), by: identity };
  const rootOf = (...certificates: string[]): unknown => {
    const chain = certificates.map((rawBytes) => ({ rawBytes }));
    const [named] = root['certificateAuthorities'] as object[];
    return { ...root, certificateAuthorities: [{ ...named, certChain: { certificates: chain } }] };
  };
  return [
    { name: 'an authority below the root', ...asked, root: rootOf(middleCertificate, topCertificate), holds: true },
    {
      name: 'two authorities of one name below the root',
      ...asked,
      root: rootOf(twinCertificate, middleCertificate, topCertificate),
      holds: true,
    },
    { name: 'only another authority of that name below the root', ...asked, root: rootOf(twinCertificate, topCertificate), holds: false },
    { name: 'an authority below a root that allows none', ...asked, root: rootOf(tooLow, homeCertificate), holds: false },
    { name: 'a certificate below the root that is of no authority', ...asked, root: rootOf(noAuthority, topCertificate), holds: false },
    { name: 'an authority below another root', ...asked, root: rootOf(middleCertificate, homeCertificate), holds: false },
    { name: 'an authority whose root is not there', ...asked, root: { ...root, certificateAuthorities: [] }, holds: false },
  ];
}
