import type { Command } from 'commander';
import { addConnection, addPaging, describeCommand, type HomeOptions, type PagingOptions } from '../../command-options.ts';
import { connect } from '../../session.ts';
import { printPage } from '../../terminal/report.ts';
import { table } from '../../terminal/table.ts';
import { shortDigest } from '../../terminal/units.ts';

const columns = [{ title: 'WHEN' }, { title: 'WHO' }, { title: 'WHAT' }, { title: 'OF' }, { title: 'WHY' }];

/** Lists who changed what in the caller's tenant. */
export function addAudit(group: Command): void {
  const command = group.command('audit').description('list who changed what in your tenant, the newest first; for its admins');
  describeCommand(addConnection(addPaging(command)), [
    { line: 'maestro tenants audit --limit 20', meaning: 'the last 20 changes, starts and denials' },
    { line: 'maestro tenants audit --json', meaning: 'as CloudEvents, with every detail' },
  ]).action(async (options: HomeOptions & PagingOptions) => {
    const page = await connect(options).listAuditEvents({ limit: options.limit, cursor: options.cursor });
    const rows = page.items.map(({ time, type, subject, data }) => [
      time,
      data.actor.sub,
      type,
      /^sha256:/.test(subject) ? shortDigest(subject) : subject,
      data.reason,
    ]);
    printPage(options, page, { command: 'maestro tenants audit', human: () => (rows.length === 0 ? 'no changes' : table(columns, rows)) });
  });
}
