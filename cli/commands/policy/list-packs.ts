import type { Command } from 'commander';
import { addConnection, addPaging, describeCommand, type HomeOptions, type PagingOptions } from '../../command-options.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { printPage } from '../../terminal/report.ts';
import { table } from '../../terminal/table.ts';
import { shortDigest } from '../../terminal/units.ts';

const columns = [
  { title: 'PACK' },
  { title: 'VERSION' },
  { title: 'FROM' },
  { title: 'JUDGES AT' },
  { title: 'DIGEST' },
  { title: 'WHAT IT IS ABOUT' },
];

/** Lists the packs that judge the tenant. */
export function addPolicyList(group: Command): void {
  const command = group.command('ls').description('list the policy packs that judge this tenant');
  describeCommand(addConnection(addPaging(command)), [
    { line: 'maestro policy ls', meaning: 'shipped packs and those of the tenant' },
  ]).action(async (options: HomeOptions & PagingOptions) => {
    const page = await connect(options).listPolicyPacks({ limit: options.limit, cursor: options.cursor });
    const rows = page.items.map(({ name, version, origin, points, digest, title }) => {
      return [paint('bold', name), version, origin, points.join(' '), paint('dim', shortDigest(digest)), title];
    });
    printPage(options, page, { command: 'maestro policy ls', human: () => (rows.length === 0 ? 'no packs' : table(columns, rows)) });
  });
}
