import type { Command } from 'commander';
import type { ZodType } from 'zod';
import { McError } from '../../../shared/core/errors.ts';
import { keyFor } from '../../../shared/evidence/verify/trust.ts';
import { Bundle } from '../../../shared/receipt/bundle.ts';
import { IdentityBundle } from '../../../shared/receipt/identity-bundle.ts';
import type { MaestroClient } from '../../client/maestro-client.ts';
import { addConnection, describeCommand, type HomeOptions } from '../../command-options.ts';
import { proveBundle, proveIdentityBundle, type BundleProof } from '../../log/prove-bundle.ts';
import { addTrust, readTrust, type TrustOptions } from '../../log/trust-options.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { printResult } from '../../terminal/report.ts';
import { readBundleFile } from '../../verify/read-bundle-file.ts';
import { addIdentityOptions, readIdentityTrust, type SignerOptions } from '../../verify/signer-trust.ts';
import { readTrustedKeys } from '../../verify/trusted-keys.ts';

type ProveOptions = HomeOptions & TrustOptions & SignerOptions;

export function addLogProve(log: Command): void {
  const command = log
    .command('prove')
    .description('prove that the log still has the entry of a receipt, and that it only grew since the receipt was issued')
    .argument('<bundle>', 'file with a receipt or other signed bundle, as `maestro receipt ID -o FILE` writes it')
    .option('--key <pem>', 'public keys you trust (default: those that the home publishes now)');
  describeCommand(addIdentityOptions(addTrust(addConnection(command))), [
    { line: 'maestro log prove r.sigstore.json', meaning: 'against the newest checkpoint' },
    {
      line: 'maestro log prove r.sigstore.json --key mc.pub --trusted-root trusted_root.json',
      meaning: 'believing nothing that the home says of itself',
    },
    {
      line: 'maestro log prove r.identity.json --trusted-root trusted_root.json --certificate-identity spiffe://… --certificate-oidc-issuer https://…',
      meaning: 'of the identity form, by who signed',
    },
  ]).action(async (file: string, options: ProveOptions) => {
    const client = connect(options);
    const proof = await prove(client, file, options);
    printResult(options, { bundle: file, ...shown(proof) }, () => render(file, proof));
  });
}

async function prove(client: MaestroClient, file: string, options: ProveOptions): Promise<BundleProof> {
  const value = readBundleFile(file);
  const identity = await readIdentityTrust(options);
  if (identity) return proveIdentityBundle(client, readAs(IdentityBundle, value, file), identity);
  if (IdentityBundle.safeParse(value).success)
    throw new McError(
      'mc:cli:usage',
      `${file} is the identity form, which has an entry of its own: say with --certificate-identity, --certificate-oidc-issuer and --trusted-root who must have signed it.`,
    );
  const { logs } = await readTrust(client, options);
  const bundle = readAs(Bundle, value, file);
  return proveBundle(client, bundle, { pem: await readKey(client, options, bundle), logs });
}

function readAs<T>(schema: ZodType<T>, value: unknown, file: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new McError('mc:receipt:invalid', `${file} is not a bundle: ${parsed.error.issues[0]?.message ?? ''}`);
}

/** The key that the bundle says to be signed with, among those that are trusted. */
async function readKey(client: MaestroClient, { key }: ProveOptions, bundle: Bundle): Promise<string> {
  const pems = key === undefined ? (await client.listKeys()).keys.map(({ pem }) => pem) : readTrustedKeys(key);
  if (pems.length === 0) throw new McError('mc:key:unreadable', 'The home lists no public key.');
  return keyFor({ pems }, bundle.dsseEnvelope.signatures[0]?.keyid ?? '');
}

function shown({ index, issued, newest, inclusion, consistency }: BundleProof): Record<string, unknown> {
  const base64 = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('base64'));
  return {
    proven: true,
    origin: newest.origin,
    index,
    issued: { size: issued.size, checkpoint: issued.note },
    newest: { size: newest.size, checkpoint: newest.note },
    inclusion: base64(inclusion),
    consistency: base64(consistency),
  };
}

function render(file: string, { index, issued, newest, inclusion, consistency }: BundleProof): string {
  return [
    `${paint(['bold', 'green'], '✔ logged')} ${file} is entry ${String(index)} of ${newest.origin}`,
    `  now       among ${String(newest.size)} entries, by ${String(inclusion.length)} hashes`,
    `  issued    with ${String(issued.size)} entries; the log only grew since then, by ${String(consistency.length)} hashes`,
  ].join('\n');
}
