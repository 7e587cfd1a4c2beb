import type { Command } from 'commander';
import { addConnection, describeCommand, type HomeOptions } from '../../command-options.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { note, printResult } from '../../terminal/report.ts';
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
  const command = group
    .command('ls')
    .description('list the policy packs that judge this tenant')
    .option('--limit <count>', 'how many to list, 1 to 100', '50')
    .option('--cursor <cursor>', 'continue a list where the last page ended');
  describeCommand(addConnection(command), [{ line: 'maestro policy ls', meaning: 'shipped packs and those of the tenant' }]).action(
    async (options: HomeOptions & { limit: string; cursor?: string }) => {
      const page = await connect(options).listPolicyPacks({ limit: Number(options.limit), cursor: options.cursor });
      const rows = page.items.map(({ name, version, origin, points, digest, title }) => {
        return [paint('bold', name), version, origin, points.join(' '), paint('dim', shortDigest(digest)), title];
      });
      printResult(options, page, () => (rows.length === 0 ? 'no packs' : table(columns, rows)));
      if (page.cursor !== undefined && options.json !== true) note(`more: maestro policy ls --cursor ${page.cursor}`);
    },
  );
}
