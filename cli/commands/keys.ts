import type { Command } from 'commander';
import { McError } from '../../shared/core/errors.ts';
import { addConnection, describeCommand, type HomeOptions } from '../command-options.ts';
import { connect } from '../session.ts';
import { paint } from '../terminal/paint.ts';
import { printResult } from '../terminal/report.ts';
import { table } from '../terminal/table.ts';
import { writeWhole } from '../write-file.ts';

type ExportOptions = HomeOptions & { output?: string; trustedRoot?: boolean };

/** Lists and exports the public keys with which receipts are verified. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').description('the public keys of the home');
  const list = keys.command('ls').description('list the public keys');
  describeCommand(addConnection(list), [{ line: 'maestro keys ls', meaning: 'key ids as they stand in receipts' }]).action(
    async (options: HomeOptions) => {
      const answer = await connect(options).listKeys();
      printResult(options, answer, () =>
        table(
          [{ title: 'KEY ID' }],
          answer.keys.map((key) => [key.keyId]),
        ),
      );
    },
  );
  const save = keys
    .command('export')
    .description('save the public key, or the trusted root, for verification')
    .option('-o, --output <file>', 'file to write; without it the key is printed')
    .option('--trusted-root', 'the sigstore trusted root instead of the key');
  describeCommand(addConnection(save), [
    { line: 'maestro keys export -o mc.pub', meaning: 'the key for `maestro verify` and `cosign --key`' },
    {
      line: 'maestro keys export --trusted-root -o trusted_root.json',
      meaning: 'the transparency log, for `maestro verify` and `cosign --trusted-root`',
    },
  ]).action(exportKey);
}

async function exportKey(options: ExportOptions): Promise<void> {
  const client = connect(options);
  const { text, what } =
    options.trustedRoot === true
      ? { text: await client.getTrustedRoot(), what: { trustedRoot: true } }
      : newestKey(await client.listKeys());
  if (options.output === undefined) {
    printResult(options, { ...what, text }, () => text);
    return;
  }
  const { output } = options;
  writeWhole(output, text);
  printResult(options, { file: output, ...what }, () => `${paint('green', '✔')} wrote ${output}`);
}

function newestKey({ keys }: { keys: { keyId: string; pem: string }[] }): { text: string; what: { keyId: string } } {
  const key = keys[0];
  if (!key) throw new McError('mc:key:unreadable', 'The home lists no public key.');
  return { text: key.pem, what: { keyId: key.keyId } };
}
