import type { Command } from 'commander';
import { McError } from '../../../shared/core/errors.ts';
import { idSchema } from '../../../shared/core/id.ts';
import type { HoldScope, LegalHold } from '../../../shared/retention/hold/legal-hold.ts';
import { addConnection, addPaging, describeCommand, type HomeOptions, type PagingOptions } from '../../command-options.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { printPage, printResult } from '../../terminal/report.ts';
import { table } from '../../terminal/table.ts';
import { tenantOf } from './settings.ts';

type ListOptions = HomeOptions & PagingOptions;
type HoldOptions = HomeOptions & { workflow?: string; execution?: string; reason: string };
type ReleaseOptions = HomeOptions & { tenant?: string; reason: string };

function scopeText(scope: HoldScope): string {
  if (scope.kind === 'tenant') return 'the whole tenant';
  return scope.kind === 'workflow' ? `workflow ${scope.name}` : scope.id;
}

const stateText = ({ released }: LegalHold): string => (released ? `released ${released.at}` : paint('yellow', 'stands'));

export function addHolds(group: Command): void {
  const command = group.command('holds').description('list the legal holds of a tenant').argument('[tenant]', 'default: your own');
  describeCommand(addConnection(addPaging(command)), [
    { line: 'maestro retention holds', meaning: 'those that stand, and those that were released' },
  ]).action(async (tenant: string | undefined, options: ListOptions) => {
    const name = await tenantOf(options, tenant);
    const page = await connect(options).retention.listHolds(name, { limit: options.limit, cursor: options.cursor });
    const rows = page.items.map((hold) => [hold.id, scopeText(hold.scope), stateText(hold), hold.reason]);
    printPage(options, page, {
      command: `maestro retention holds ${name}`,
      human: () =>
        rows.length === 0
          ? 'no legal holds'
          : table([{ title: 'HOLD' }, { title: 'COVERS' }, { title: 'STATE' }, { title: 'REASON' }], rows),
    });
  });
}

export function addHold(group: Command): void {
  const command = group
    .command('hold')
    .description('put a legal hold: nothing that it covers is purged until it is released')
    .argument('[tenant]', 'default: your own')
    .option('--workflow <name>', 'only the runs of this workflow')
    .option('--execution <id>', 'only this run')
    .requiredOption('--reason <text>', 'why; refused purges say it exists, and the audit event says why');
  describeCommand(addConnection(command), [
    { line: 'maestro retention hold --reason "case 17"', meaning: 'everything of your tenant' },
    { line: 'maestro retention hold --execution exec_01K… --reason "case 17"', meaning: 'one run' },
  ]).action(async (tenant: string | undefined, options: HoldOptions) => {
    const hold = await connect(options).retention.putHold(await tenantOf(options, tenant), {
      scope: scopeOf(options),
      reason: options.reason,
    });
    printResult(options, hold, () => `${paint('green', '✔')} ${hold.id} holds ${scopeText(hold.scope)}`);
  });
}

function scopeOf({ workflow, execution }: HoldOptions): HoldScope {
  if (workflow !== undefined && execution !== undefined)
    throw new McError('mc:cli:usage', '--workflow and --execution exclude each other; give one of them.');
  if (workflow !== undefined) return { kind: 'workflow', name: workflow };
  if (execution === undefined) return { kind: 'tenant' };
  const id = idSchema('exec').safeParse(execution);
  if (id.success) return { kind: 'execution', id: id.data };
  throw new McError('mc:cli:usage', `--execution got ${JSON.stringify(execution)}; allowed is the id of an execution, exec_….`);
}

export function addRelease(group: Command): void {
  const command = group
    .command('release')
    .description('release a legal hold')
    .argument('<hold>', 'id of the hold')
    .option('--tenant <tenant>', 'default: your own')
    .requiredOption('--reason <text>', 'why; it stands in the audit event');
  describeCommand(addConnection(command), [
    { line: 'maestro retention release hold_01K… --reason "case 17 is closed"', meaning: 'what is due goes with the next purge' },
  ]).action(async (hold: string, options: ReleaseOptions) => {
    const tenant = await tenantOf(options, options.tenant);
    const released = await connect(options).retention.releaseHold(tenant, { hold, reason: options.reason });
    printResult(options, released, () => `${paint('green', '✔')} ${released.id} no longer holds ${scopeText(released.scope)}`);
  });
}
