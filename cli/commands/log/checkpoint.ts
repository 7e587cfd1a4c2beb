import type { Command } from 'commander';
import { verifierKey } from '../../../shared/log/log-identity.ts';
import { addConnection, describeCommand, type HomeOptions } from '../../command-options.ts';
import { fetchCheckpoint } from '../../log/published-log.ts';
import { addTrust, readTrust, type TrustOptions } from '../../log/trust-options.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { printResult } from '../../terminal/report.ts';
import { writeWhole } from '../../write-file.ts';

type CheckpointOptions = HomeOptions & TrustOptions & { output?: string };

export function addLogCheckpoint(log: Command): void {
  const command = log
    .command('checkpoint')
    .description('the newest checkpoint: how many statements were logged, and their root, signed by the log')
    .option('-o, --output <file>', 'keep the signed note here, for a later audit');
  describeCommand(addTrust(addConnection(command)), [
    { line: 'maestro log checkpoint', meaning: 'size and root' },
    { line: 'maestro log checkpoint -o log.checkpoint', meaning: 'keep it, to show later that the log only grew' },
  ]).action(async (options: CheckpointOptions) => {
    const client = connect(options);
    const { logs } = await readTrust(client, options);
    const { origin, size, root, note, log: identity } = await fetchCheckpoint(client, logs);
    if (options.output !== undefined) writeWhole(options.output, note);
    const answer = { origin, size, root: root.toString('base64'), verifierKey: verifierKey(identity), note };
    printResult(options, answer, () =>
      [
        `${paint(['bold', 'green'], '✔ signed')} by ${origin}`,
        `  entries   ${String(size)}`,
        `  root      ${root.toString('base64')}`,
        `  verifier  ${verifierKey(identity)}`,
        ...(options.output === undefined ? [] : [`  kept in   ${options.output}`]),
      ].join('\n'),
    );
  });
}
