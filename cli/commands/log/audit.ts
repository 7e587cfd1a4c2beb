import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { maxCheckpointCharacters } from '../../../shared/log/checkpoint.ts';
import { addConnection, describeCommand, type HomeOptions } from '../../command-options.ts';
import { auditLog } from '../../log/audit-log.ts';
import { trustCheckpoint } from '../../log/published-log.ts';
import { addTrust, readTrust, type TrustOptions } from '../../log/trust-options.ts';
import { readSmallFile } from '../../read-small-file.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { note, printResult } from '../../terminal/report.ts';
import { writeWhole } from '../../write-file.ts';

type AuditOptions = HomeOptions & TrustOptions & { state?: string };

export function addLogAudit(log: Command): void {
  const command = log
    .command('audit')
    .description('read the whole log and hash it anew; exit 4 when something does not fit')
    .option('--state <file>', 'checkpoint of the audit before, which the log must still agree with; replaced by the newest when it does');
  describeCommand(addTrust(addConnection(command)), [
    { line: 'maestro log audit', meaning: 'entries, tiles and root' },
    {
      line: 'maestro log audit --state log.checkpoint --trusted-root trusted_root.json',
      meaning: 'regularly, from a machine that the home does not own',
    },
  ]).action(async (options: AuditOptions) => {
    const client = connect(options);
    const { logs, isOwn } = await readTrust(client, options);
    const { state } = options;
    const earlier =
      state !== undefined && existsSync(state) ? trustCheckpoint(readSmallFile(state, maxCheckpointCharacters), logs) : undefined;
    if (!isOwn) note(paint('dim', 'the trusted root is the one that the home publishes now; keep it, and name it with --trusted-root'));
    const { checkpoint, tiles } = await auditLog(client, { logs, earlier });
    if (state !== undefined) writeWhole(state, checkpoint.note);
    const { origin, size, root } = checkpoint;
    const answer = { whole: true, origin, size, root: root.toString('base64'), tiles, since: earlier?.size ?? null };
    printResult(options, answer, () =>
      [
        `${paint(['bold', 'green'], '✔ whole')} ${origin}`,
        `  entries   ${String(size)}, hashed anew`,
        `  tiles     ${String(tiles)} full ones, all as their entries give them`,
        `  before    ${earlier === undefined ? 'no checkpoint to compare with' : `agrees with the checkpoint of ${String(earlier.size)} entries`}`,
      ].join('\n'),
    );
  });
}
