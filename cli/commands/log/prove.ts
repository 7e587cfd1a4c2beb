import type { Command } from 'commander';
import { McError } from '../../../shared/core/errors.ts';
import { Bundle, maxBundleBytes } from '../../../shared/receipt/bundle.ts';
import type { MaestroClient } from '../../client/maestro-client.ts';
import { addConnection, describeCommand, type HomeOptions } from '../../command-options.ts';
import { proveBundle, type BundleProof } from '../../log/prove-bundle.ts';
import { addTrust, readTrust, type TrustOptions } from '../../log/trust-options.ts';
import { readSmallFile } from '../../read-small-file.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { printResult } from '../../terminal/report.ts';

type ProveOptions = HomeOptions & TrustOptions & { key?: string };

/** A public key in PEM has a few hundred bytes. */
const maxKeyBytes = 64 * 1024;

export function addLogProve(log: Command): void {
  const command = log
    .command('prove')
    .description('prove that the log still has the entry of a receipt, and that it only grew since the receipt was issued')
    .argument('<bundle>', 'receipt or other signed bundle with its log entry')
    .option('--key <pem>', 'public key that signed it (default: the one that the home publishes now)');
  describeCommand(addTrust(addConnection(command)), [
    { line: 'maestro log prove r.sigstore.json', meaning: 'against the newest checkpoint' },
    {
      line: 'maestro log prove r.sigstore.json --key mc.pub --trusted-root trusted_root.json',
      meaning: 'believing nothing that the home says of itself',
    },
  ]).action(async (file: string, options: ProveOptions) => {
    const client = connect(options);
    const { logs } = await readTrust(client, options);
    const proof = await proveBundle(client, readBundle(file), { pem: await readKey(client, options), logs });
    printResult(options, { bundle: file, ...shown(proof) }, () => render(file, proof));
  });
}

function readBundle(file: string): Bundle {
  let value: unknown;
  try {
    value = JSON.parse(readSmallFile(file, maxBundleBytes));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new McError('mc:receipt:invalid', `${file} is not JSON: ${cause.message}`, { cause });
    throw cause;
  }
  const parsed = Bundle.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new McError('mc:receipt:invalid', `${file} is not a bundle: ${parsed.error.issues[0]?.message ?? ''}`);
}

async function readKey(client: MaestroClient, { key }: ProveOptions): Promise<string> {
  if (key !== undefined) return readSmallFile(key, maxKeyBytes);
  const [first] = (await client.listKeys()).keys;
  if (!first) throw new McError('mc:key:unreadable', 'The home lists no public key.');
  return first.pem;
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
