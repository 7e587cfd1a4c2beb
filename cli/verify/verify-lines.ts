/** What to type to verify a bundle that was just saved, with this program and without it. */
import { X509Certificate } from 'node:crypto';
import { McError } from '../../shared/core/errors.ts';
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
  const bundle = shellWord(files.bundle);
  const artifact = files.artifact === undefined ? {} : { artifact: shellWord(files.artifact) };
  const identity = await identityOf(bundleText);
  const isLogged = (readBundle(bundleText).verificationMaterial.tlogEntries ?? []).length > 0;
  const trust = isLogged ? { trustedRoot: rootFile } : {};
  const cosign = cosignCommand({ by: identity ?? { key: keyFile }, bundle, predicateType, ...artifact, ...trust });
  const signer = identity ? `--certificate-identity ${identity.uri} --certificate-oidc-issuer ${identity.issuer}` : `--key ${keyFile}`;
  const own = ['  maestro verify', bundle, ...Object.values(artifact), signer, ...(isLogged ? [`--trusted-root ${rootFile}`] : [])].join(
    ' ',
  );
  const needed = [...(identity ? [] : [getKey(bundleText)]), ...(isLogged ? [getRoot] : [])];
  return { predicateType, subjects: subject.length, identity, cosign, lines: [...needed, own, `  ${cosign}`] };
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

/** A file name as one word of a POSIX shell. */
function shellWord(text: string): string {
  return /^[A-Za-z0-9_./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
