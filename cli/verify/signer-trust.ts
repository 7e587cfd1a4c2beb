/** Whom somebody trusts who verifies: a key, or an identity that a trusted root vouches for. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Digest } from '../../shared/core/digest.ts';
import { McError } from '../../shared/core/errors.ts';
import { hasDuplicateMembers } from '../../shared/core/json/has-duplicate-members.ts';
import { keyFor } from '../../shared/evidence/verify/trust.ts';
import type { SignerIdentity } from '../../shared/identity/signer-identity.ts';
import type { TrustedAuthorities } from '../../shared/identity/trusted-authorities.ts';
import type { VerifiedIdentity } from '../../shared/identity/verify-identity-bundle.ts';
import type { LogIdentity } from '../../shared/log/log-identity.ts';
import { Bundle } from '../../shared/receipt/bundle.ts';
import { trustedLogs, type TrustedLog } from '../../shared/receipt/trusted-logs.ts';
import { unsupportedBundle } from '../../shared/receipt/unsupported-bundle.ts';
import { verifyBundle, type VerifiedBundle } from '../../shared/receipt/verify-bundle.ts';
import { readTrustedRoot } from './read-trusted-root.ts';
import { readTrustedKeys } from './trusted-keys.ts';

export interface SignerOptions {
  key?: string;
  trustedRoot?: string;
  certificateIdentity?: string;
  certificateOidcIssuer?: string;
}

/** Public keys: a home that rotated its key has several. Their file is named in what is printed. */
export interface KeyTrust {
  keyFile: string;
  pems: readonly string[];
  /** Without them only the proof of a log entry is checked. */
  logs?: readonly LogIdentity[];
}

export interface IdentityTrust {
  identity: SignerIdentity;
  authorities: TrustedAuthorities;
  logs: readonly TrustedLog[];
}

/** The name that `maestro keys export` suggests. */
export const defaultKeyFile = 'mc.pub';

/** The options with which an identity is named, spelt as cosign spells them. */
export function addIdentityOptions(command: Command): Command {
  return command
    .option('--certificate-identity <uri>', 'who must have signed, such as spiffe://mc.local/ns/prod/sa/mc-signer')
    .option('--certificate-oidc-issuer <url>', 'the home that vouches for that');
}

/** What the options say; throws `mc:cli:usage` when they name nobody, or two, or files that cannot be read. */
export async function readTrust(options: SignerOptions, defaultKey?: string): Promise<KeyTrust | IdentityTrust> {
  return (await readIdentityTrust(options)) ?? readKeyTrust(options, defaultKey);
}

/** As readTrust, when the options name an identity; undefined when they name none. */
export async function readIdentityTrust(options: SignerOptions): Promise<IdentityTrust | undefined> {
  const { certificateIdentity: uri, certificateOidcIssuer: issuer, trustedRoot } = options;
  if (uri === undefined && issuer === undefined) return undefined;
  if (uri === undefined || issuer === undefined)
    throw new McError(
      'mc:cli:usage',
      'An identity is a name and who vouches for it: --certificate-identity and --certificate-oidc-issuer go together.',
    );
  if (options.key !== undefined) throw new McError('mc:cli:usage', '--key and --certificate-identity exclude each other: name one signer.');
  if (trustedRoot === undefined)
    throw new McError(
      'mc:cli:usage',
      '--certificate-identity needs --trusted-root: it names who may issue certificates and tell the time.',
    );
  // Only whoever needs it pays for loading the ASN.1 library.
  const { trustedAuthorities } = await import('../../shared/identity/trusted-authorities.ts');
  return {
    identity: { uri, issuer },
    logs: readTrustedRoot(trustedRoot, trustedLogs),
    authorities: readTrustedRoot(trustedRoot, trustedAuthorities),
  };
}

function readKeyTrust({ key, trustedRoot }: SignerOptions, defaultKey: string | undefined): KeyTrust {
  const logs = trustedRoot === undefined ? undefined : readTrustedRoot(trustedRoot, trustedLogs);
  const keyFile = chooseKey(key ?? defaultKey, logs !== undefined, defaultKey);
  return { keyFile, pems: readTrustedKeys(keyFile), ...(logs && { logs }) };
}

/** Trusting a root that names no signer would be trusting nothing, so somebody has to be named. */
function chooseKey(file: string | undefined, hasRoot: boolean, defaultKey: string | undefined): string {
  if (file !== undefined && (file !== defaultKey || existsSync(file))) return file;
  const absent = defaultKey === undefined ? '' : `, and there is no ${defaultKey} here`;
  const why = hasRoot ? ', and the trusted root names nobody by itself' : absent;
  throw new McError(
    'mc:cli:usage',
    `Nobody to trust: no --key, no --certificate-identity${why}. \`maestro keys export -o ${defaultKeyFile}\` gets the key of your home.`,
  );
}

export interface Claims {
  artifact?: Digest;
  predicateType?: string;
  /** A key alone does not show that a bundle stands in a log; an identity does not count without. */
  requireLog?: boolean;
}

/** Verifies the bundle by this trust. Throws `mc:receipt:invalid` with the reason, which for a bundle of another form than ours says so. */
export async function verifyBy(
  trust: KeyTrust | IdentityTrust,
  bundle: unknown,
  { requireLog, ...claims }: Claims,
): Promise<VerifiedBundle | VerifiedIdentity> {
  const other = unsupportedBundle(bundle);
  if (other !== undefined) throw new McError('mc:receipt:invalid', `the bundle cannot be verified here: ${other}`);
  refuseTwoReadings(bundle);
  if ('identity' in trust) {
    const { verifyIdentityBundle } = await import('../../shared/identity/verify-identity-bundle.ts');
    return verifyIdentityBundle(bundle, { ...trust, ...claims });
  }
  const { pems, logs } = trust;
  const pem = keyFor({ pems }, keyIdIn(bundle));
  return verifyBundle(bundle, { pem, ...(logs && { logs }), ...claims, requireLog: requireLog === true });
}

/** What the bundle says only chooses among the trusted keys. */
function keyIdIn(bundle: unknown): string {
  return Bundle.safeParse(bundle).data?.dsseEnvelope.signatures[0]?.keyid ?? '';
}

const WithPayload = z.object({ dsseEnvelope: z.object({ payload: z.base64() }) });

/** What other readers would not take for one statement is none; all else is said by the verification. */
function refuseTwoReadings(bundle: unknown): void {
  const { success, data } = WithPayload.safeParse(bundle);
  if (!success) return;
  const text = Buffer.from(data.dsseEnvelope.payload, 'base64').toString('utf8');
  if (hasDuplicateMembers(text, parseStatement(text))) throw new McError('mc:receipt:invalid', 'the statement names a member twice');
}

function parseStatement(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new McError('mc:receipt:invalid', 'the signed payload is not JSON');
  }
}
