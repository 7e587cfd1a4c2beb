/** Bundles that a home would not make, with everything in order but for what a test changes: certificates are of the home's own authority, entries in its own log. */
import { Extensions, type Extension } from '@peculiar/asn1-x509';
import { signerExtensions } from '../../../shared/identity/certificate-extensions.ts';
import { homeAuthority } from '../../../shared/identity/home-authority.ts';
import { promiseExtension } from '../../../shared/identity/promise.ts';
import { signCertificate, spkiOf, toBeSigned } from '../../../shared/identity/sign-certificate.ts';
import { signerIdentity, type SignerIdentity } from '../../../shared/identity/signer-identity.ts';
import { timestampOf } from '../../../shared/identity/timestamp.ts';
import { withMaterial } from '../../../shared/identity/with-material.ts';
import { certificateEntryOp, logEntryOp } from '../../../shared/log/log-entry-op.ts';
import { withLogEntry } from '../../../shared/log/with-log-entry.ts';
import type { AuthorityKeys } from '../../../shared/port/keys/authority-keys.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import type { Bundle } from '../../../shared/receipt/bundle.ts';
import type { IdentityBundle } from '../../../shared/receipt/identity-bundle.ts';
import { signStatement } from '../receipt/sign-statement.ts';
import { buildStatement } from '../build-statement.ts';

export interface Forged {
  identity?: Partial<SignerIdentity>;
  /** Relative to the clock of the home. */
  validity?: { fromMs: number; toMs: number };
  stampedMs?: number;
  /** What is stamped; default: the signature. */
  stamped?: Uint8Array;
  keys?: Partial<AuthorityKeys>;
  /** Name of the authority that issues the certificate. */
  issuer?: string;
  extensions?: (all: Extension[], issuerSpki: Buffer) => Extension[];
  isPromised?: boolean;
  /** Whose certificate it is; default: that of the key that signs. */
  pem?: string;
  /** Whether the log entry names the key, as that of a bundle with a key does. */
  isLoggedByKey?: boolean;
}

const minuteMs = 60_000;
const usual = { fromMs: 0, toMs: 30 * minuteMs };
let forged = 0;

/** A bundle with a key, logged. */
export async function logged(deps: Deps, bundle: Bundle): Promise<Bundle> {
  const { pem } = await deps.signer.publicKey();
  const { leaf, op } = logEntryOp(bundle, pem, row());
  await deps.table.write([op]);
  return withLogEntry(deps, bundle, leaf);
}

/** A bundle with a certificate, stamped and logged. */
export async function forgeIdentity(deps: Deps, change: Forged = {}): Promise<IdentityBundle> {
  const { key, authority } = { key: await deps.signer.publicKey(), authority: await homeAuthority(deps) };
  const keys = { ...deps.authority, ...change.keys };
  const bundle = await signStatement(deps.signer, buildStatement({ predicate: { forged } }));
  const signature = Buffer.from(bundle.dsseEnvelope.signatures[0]?.sig ?? '', 'base64');
  const now = Math.floor(deps.clock.now() / 1_000) * 1_000;
  const { fromMs, toMs } = change.validity ?? usual;
  const issuerSpki = spkiOf((await keys.certificates.publicKey()).pem);
  const tbs = toBeSigned({
    subject: '',
    issuer: change.issuer ?? authority.root.name,
    spki: spkiOf(change.pem ?? key.pem),
    validity: { notBefore: now + fromMs, notAfter: now + toMs },
    purpose: `forged ${forged}`,
  });
  const identity = { ...signerIdentity(deps.config), ...change.identity };
  const own = signerExtensions(issuerSpki, identity);
  const extensions = change.extensions?.(own, issuerSpki) ?? own;
  tbs.extensions = new Extensions(extensions);
  const promises = change.isPromised === false ? [] : [await promiseExtension(keys.promises, tbs, { issuerSpki, at: now })];
  const certificate = await signCertificate(keys.certificates, tbs, [...extensions, ...promises]);
  const stamper = { key: keys.timestamps, certificate: authority.timestamps.certificate };
  const timestamp = await timestampOf(change.stamped ?? signature, now + (change.stampedMs ?? minuteMs), stamper);
  const { leaf, op } = change.isLoggedByKey === true ? logEntryOp(bundle, key.pem, row()) : certificateEntryOp(bundle, certificate, row());
  await deps.table.write([op]);
  return withLogEntry(deps, withMaterial(bundle, { certificate, timestamp }), leaf);
}

function row(): { pk: string; sk: string } {
  forged += 1;
  return { pk: 'T#acme#FORGED', sk: String(forged) };
}
