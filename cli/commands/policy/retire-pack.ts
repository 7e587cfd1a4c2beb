import type { Command } from 'commander';
import { addConnection, describeCommand, type HomeOptions } from '../../command-options.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { printResult } from '../../terminal/report.ts';

/** Takes a pack of the tenant out of judging. */
export function addPolicyRetire(group: Command): void {
  const command = group
    .command('retire')
    .description("take a policy pack of the tenant's own out of judging; its versions and decisions stay")
    .argument('<pack>', 'name of the pack')
    .requiredOption('--reason <text>', 'why; it stands in the audit event');
  describeCommand(addConnection(command), [
    { line: "maestro policy retire freeze --reason 'the freeze is over'", meaning: 'it judges nothing from now on' },
  ]).action(async (name: string, options: HomeOptions & { reason: string }) => {
    const retired = await connect(options).retirePolicyPack(name, options.reason);
    printResult(options, retired, () => `${paint('green', '✔')} retired ${paint('bold', `${retired.name}@${retired.version}`)}`);
  });
}
