/** What to type to verify a bundle that was just saved, with this program and without it. */
import { X509Certificate } from 'node:crypto';
import { McError } from '../../shared/core/errors.ts';
import { shellWord } from '../../shared/core/text/shell-word.ts';
import type { SignerIdentity } from '../../shared/identity/signer-identity.ts';
import { cosignCommand } from '../../shared/receipt/cosign-command.ts';
import { readBundle, readStatement } from '../receipt-file.ts';

export interface VerifyLines {
  predicateType: string;
  subjects: number;
  /** Whom the certificate of the bundle names; null for one with a key. */
  identity: SignerIdentity | null;
  cosign: string;
  /** Everything, from the files that are needed to the commands. */
  lines: string[];
}

const rootFile = 'trusted_root.json';
const keyFile = 'mc.pub';
const getRoot = `  maestro keys export --trusted-root -o ${rootFile}`;

/** The lines for the bundle that was saved in this file, with the file that it is about where there is one. */
export async function verifyLines(bundleText: string, files: { bundle: string; artifact?: string }): Promise<VerifyLines> {
  const { predicateType, subject } = readStatement(bundleText);
  const identity = await identityOf(bundleText);
  const isLogged = (readBundle(bundleText).verificationMaterial.tlogEntries ?? []).length > 0;
  const trust = isLogged ? { trustedRoot: rootFile } : {};
  const cosign = cosignCommand({ by: identity ?? { key: keyFile }, ...files, predicateType, ...trust });
  const own = [
    ...['maestro', 'verify', files.bundle],
    ...(files.artifact === undefined ? [] : [files.artifact]),
    ...(identity ? ['--certificate-identity', identity.uri, '--certificate-oidc-issuer', identity.issuer] : ['--key', keyFile]),
    ...(isLogged ? ['--trusted-root', rootFile] : []),
  ];
  const needed = [...(identity ? [] : [getKey(bundleText)]), ...(isLogged ? [getRoot] : [])];
  return {
    predicateType,
    subjects: subject.length,
    identity,
    cosign,
    lines: [...needed, `  ${own.map(shellWord).join(' ')}`, `  ${cosign}`],
  };
}

/** Names the key, because cosign takes the first of a file and that is the one in use: after a rotation it is not the one that signed this. */
function getKey(bundleText: string): string {
  const keyId = readBundle(bundleText).dsseEnvelope.signatures[0]?.keyid ?? '';
  return `  maestro keys export${keyId === '' ? '' : ` --key-id ${shellWord(keyId)}`} -o ${keyFile}`;
}

async function identityOf(bundleText: string): Promise<SignerIdentity | null> {
  const { verificationMaterial: material } = readBundle(bundleText);
  if (!('certificate' in material)) return null;
  const [{ readIdentity }, { parseCertificate }] = await Promise.all([
    import('../../shared/identity/read-identity.ts'),
    import('../../shared/identity/verify-chain.ts'),
  ]);
  const found = readIdentity(parseCertificate(new X509Certificate(Buffer.from(material.certificate.rawBytes, 'base64'))));
  if (!found) throw new McError('mc:receipt:invalid', 'the certificate in the bundle names nobody');
  return found;
}
