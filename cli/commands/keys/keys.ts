import type { Command } from 'commander';
import { McError } from '../../../shared/core/errors.ts';
import { addConnection, describeCommand, type HomeOptions } from '../../command-options.ts';
import { addRotate } from './rotate.ts';
import { addStatus } from './status.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { printResult } from '../../terminal/report.ts';
import { table } from '../../terminal/table.ts';
import { writeWhole } from '../../write-file.ts';

type ExportOptions = HomeOptions & { output?: string; trustedRoot?: boolean; keyId?: string };

const columns = [{ title: 'KEY ID' }, { title: 'STATE' }, { title: 'SIGNS FROM' }, { title: 'UNTIL' }];

/** Lists, exports and rotates the keys with which receipts are verified. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').description('the keys of the home');
  const list = keys.command('ls').alias('list').description('list the public keys');
  describeCommand(addConnection(list), [
    { line: 'maestro keys ls', meaning: 'key ids as they stand in receipts, the one in use first' },
  ]).action(async (options: HomeOptions) => {
    const answer = await connect(options).listKeys();
    const rows = answer.keys.map((key) => [key.keyId, key.state ?? '', key.signsFrom ?? '', key.signsUntil ?? '']);
    printResult(options, answer, () => table(columns, rows));
  });
  const save = keys
    .command('export')
    .description('save the public keys, or the trusted root, for verification')
    .option('-o, --output <file>', 'file to write; without it the keys are printed')
    .option('--key-id <id>', 'only the key of this id; cosign takes the first of a file')
    .option('--trusted-root', 'the sigstore trusted root instead of the keys');
  describeCommand(addConnection(save), [
    { line: 'maestro keys export -o mc.pub', meaning: 'for `maestro verify` and `cosign --key`, the key in use first' },
    { line: 'maestro keys export --key-id SHA256:… -o old.pub', meaning: 'an earlier key, for `cosign --key` with what it signed' },
    {
      line: 'maestro keys export --trusted-root -o trusted_root.json',
      meaning: 'the transparency log, for `maestro verify` and `cosign --trusted-root`',
    },
  ]).action(exportKey);
  addRotate(keys);
  addStatus(keys);
}

async function exportKey(options: ExportOptions): Promise<void> {
  const client = connect(options);
  const { text, what } =
    options.trustedRoot === true
      ? { text: await client.getTrustedRoot(), what: { trustedRoot: true } }
      : chosenKeys((await client.listKeys()).keys, options.keyId);
  if (options.output === undefined) {
    printResult(options, { ...what, text }, () => text);
    return;
  }
  const { output } = options;
  writeWhole(output, text);
  printResult(options, { file: output, ...what }, () => `${paint('green', '✔')} wrote ${output}`);
}

function chosenKeys(keys: readonly { keyId: string; pem: string }[], keyId?: string): { text: string; what: { keyId: string } } {
  const chosen = keyId === undefined ? keys : keys.filter((key) => key.keyId === keyId);
  const [first] = chosen;
  if (!first && keyId !== undefined) {
    throw new McError('mc:key:not-found', `The home has no key ${keyId}; it has ${keys.map((key) => key.keyId).join(', ')}.`);
  }
  if (!first) throw new McError('mc:key:unreadable', 'The home lists no public key.');
  // A home with one key gives the file that it always gave.
  const text = chosen.length === 1 ? first.pem : chosen.map((key) => `# ${key.keyId}\n${key.pem}`).join('');
  return { text, what: { keyId: first.keyId } };
}
