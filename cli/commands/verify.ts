import type { Command } from 'commander';
import { McError } from '../../shared/core/errors.ts';
import { printable } from '../../shared/core/text/printable.ts';
import type { VerifiedIdentity } from '../../shared/identity/verify-identity-bundle.ts';
import { isoTime } from '../../shared/port/clock.ts';
import type { VerifiedBundle } from '../../shared/receipt/verify-bundle.ts';
import { describeCommand } from '../command-options.ts';
import { paint } from '../terminal/paint.ts';
import { summariseStatement } from '../terminal/render-statement.ts';
import { printResult, type OutputOptions } from '../terminal/report.ts';
import { table } from '../terminal/table.ts';
import { shortDigest } from '../terminal/units.ts';
import { digestOfFile, readBundleFile } from '../verify/read-bundle-file.ts';
import { addIdentityOptions, defaultKeyFile, readTrust, verifyBy, type SignerOptions } from '../verify/signer-trust.ts';
import { isPackFile } from './evidence/pack-file.ts';
import { verifyPackFile } from './evidence/verify-pack.ts';

type VerifyOptions = OutputOptions & SignerOptions & { openings?: string; requireLog?: boolean; type?: string };

/** Verifies a signed bundle without any server. */
export function addVerify(program: Command): void {
  const command = program
    .command('verify')
    .description('verify a receipt, a disclosure pack or any other signed bundle; needs no server')
    .argument('<bundle>', 'sigstore bundle, such as r.sigstore.json, or disclosure pack')
    .argument('[artifact]', 'the file the bundle speaks of, such as r.outputs.json')
    .option('--key <pem>', `public key you trust (default: ${defaultKeyFile} in this folder)`)
    .option('--trusted-root <file>', 'sigstore trusted root that the home published; its logs must have signed the log entry')
    .option('--require-log', 'refuse what stands in no transparency log, such as receipts of 0.1.0 and 0.2.0, as released')
    .option('--type <uri>', 'predicate type the statement must have')
    .option('--openings <file>', 'values that were withheld from a disclosure pack, to be checked against it');
  describeCommand(addIdentityOptions(command), [
    { line: 'maestro verify r.sigstore.json r.outputs.json --key mc.pub', meaning: 'signature and artifact' },
    { line: 'maestro verify run.disclosure.tgz --key mc.pub', meaning: 'every byte of a disclosure pack' },
    {
      line: 'maestro verify r.sigstore.json --trusted-root trusted_root.json --require-log',
      meaning: 'and that it stands in the transparency log',
    },
    {
      line: 'maestro verify r.identity.json r.outputs.json --trusted-root trusted_root.json --certificate-identity spiffe://… --certificate-oidc-issuer https://…',
      meaning: 'by who signed',
    },
    { line: 'maestro verify r.sigstore.json', meaning: 'signature only, with ./mc.pub' },
  ]).action(async (bundle: string, artifact: string | undefined, options: VerifyOptions) => {
    await verify(bundle, artifact, options);
  });
}

async function verify(bundleFile: string, artifactFile: string | undefined, options: VerifyOptions): Promise<void> {
  const trust = await readTrust(options, defaultKeyFile);
  if (await isPackFile(bundleFile)) {
    if ('identity' in trust)
      throw new McError('mc:cli:usage', 'A disclosure pack is verified with --key; its receipt has an identity form of its own.');
    await verifyPackFile(bundleFile, trust, options);
    return;
  }
  const bundle = readBundleFile(bundleFile);
  const artifact = artifactFile === undefined ? undefined : await digestOfFile(artifactFile);
  const verified = await verifyBy(trust, bundle, {
    ...(artifact === undefined ? {} : { artifact }),
    ...(options.type === undefined ? {} : { predicateType: options.type }),
    requireLog: options.requireLog === true,
  });
  const { statement, keyId, log } = verified;
  const answer = {
    verified: true,
    bundle: bundleFile,
    ...('keyFile' in trust ? { key: trust.keyFile } : signerOf(verified)),
    keyId,
    predicateType: statement.predicateType,
    log,
    artifact: artifactFile === undefined ? null : { file: artifactFile, digest: artifact },
    subjects: statement.subject,
  };
  printResult(options, answer, () =>
    renderVerified(bundleFile, artifactFile, { verified, key: 'keyFile' in trust ? trust.keyFile : undefined }),
  );
}

/** Who signed by word of a certificate, and when. */
function signerOf(verified: VerifiedBundle | VerifiedIdentity): Record<string, unknown> {
  if (!('identity' in verified)) return {};
  const { identity, stampedAt, certificate } = verified;
  const { validFromDate, validToDate } = certificate;
  return { identity, stampedAt: isoTime(stampedAt), certificate: { validFrom: validFromDate, validTo: validToDate } };
}

function renderVerified(
  bundleFile: string,
  artifactFile: string | undefined,
  { verified, key }: { verified: VerifiedBundle | VerifiedIdentity; key: string | undefined },
): string {
  const { statement, log } = verified;
  const rows = statement.subject.map((subject) => [
    subject.name ?? subject.uri ?? '',
    shortDigest(`sha256:${subject.digest['sha256'] ?? ''}`),
  ]);
  return [
    `${paint(['bold', 'green'], '✔ verified')} ${bundleFile}`,
    ...renderSigner(verified, key),
    `  statement  ${printable(statement.predicateType)}`,
    ...summariseStatement(statement).map((line, index) => `  ${index === 0 ? 'says     ' : '         '}  ${line}`),
    `  artifact   ${artifactFile === undefined ? paint('yellow', 'not checked: name the file to check it too') : `${artifactFile} is a subject`}`,
    `  log        ${describeLog(log)}`,
    '',
    table([{ title: 'SUBJECT' }, { title: 'DIGEST' }], rows.slice(0, 20)),
    ...(rows.length > 20 ? [`… and ${String(rows.length - 20)} more`] : []),
  ].join('\n');
}

function renderSigner(verified: VerifiedBundle | VerifiedIdentity, key = ''): string[] {
  const { keyId } = verified;
  if (!('identity' in verified)) return [`  key        ${key} ${paint('dim', keyId)}`];
  const { identity, stampedAt } = verified;
  return [
    `  signer     ${identity.uri} ${paint('dim', keyId)}`,
    `  issuer     ${identity.issuer}`,
    `  stamped    ${isoTime(stampedAt)}, while the certificate of the signer was valid`,
  ];
}

function describeLog(log: VerifiedBundle['log']): string {
  if (log === null) return paint('yellow', 'not logged');
  const place = `entry ${String(log.index)} of ${printable(log.origin)}`;
  return log.isTrusted ? place : `${place} ${paint('yellow', '(signature of the log not checked: name --trusted-root)')}`;
}
