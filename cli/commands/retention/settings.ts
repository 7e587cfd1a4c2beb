import type { Command } from 'commander';
import { McError } from '../../../shared/core/errors.ts';
import type { RetentionView } from '../../../shared/retention/retention-view.ts';
import type { SetRetention } from '../../../shared/retention/set-retention.ts';
import { RunKind, RunOutcome } from '../../../shared/tenant/retention.ts';
import { addConnection, describeCommand, type HomeOptions } from '../../command-options.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { printResult } from '../../terminal/report.ts';
import { table } from '../../terminal/table.ts';

type SetOptions = HomeOptions & { logs?: string; data?: string; receipts?: string; audit?: string; reason: string };

/** The tenant that a command is about; the caller's own unless one is named. */
export async function tenantOf(options: HomeOptions, tenant: string | undefined): Promise<string> {
  return tenant ?? (await connect(options).whoami()).tenant;
}

export function addShow(group: Command): void {
  const command = group.command('show').description('what is kept for how many days').argument('[tenant]', 'default: your own');
  describeCommand(addConnection(command), [{ line: 'maestro retention show acme', meaning: 'days by kind and outcome' }]).action(
    async (tenant: string | undefined, options: HomeOptions) => {
      const view = await connect(options).retention.show(await tenantOf(options, tenant));
      printResult(options, view, () => render(view));
    },
  );
}

export function addSet(group: Command): void {
  const command = group
    .command('set')
    .description('set what is kept for how many days')
    .argument('<tenant>', 'name of the tenant')
    .option('--logs <days>', 'logs: a number for all, or by outcome such as failed=365,succeeded=90')
    .option('--data <days>', 'inputs, outputs and uploads; the same')
    .option('--receipts <days>', 'the run as a whole; 2557 (seven years) or more')
    .option('--audit <days>', 'audit events; 2557 (seven years) or more')
    .requiredOption('--reason <text>', 'why; it stands in the audit event');
  describeCommand(addConnection(command), [
    { line: 'maestro retention set acme --logs 30 --reason "less to protect"', meaning: 'for every outcome' },
    { line: 'maestro retention set acme --logs failed=365 --reason "slow audits"', meaning: 'the others stay as they are' },
    { line: 'maestro retention set acme --receipts 3652 --reason "ten years by contract"', meaning: 'longer only' },
  ]).action(async (tenant: string, options: SetOptions) => {
    const { logs, data, receipts, audit, reason } = options;
    const change: SetRetention = {
      ...(logs !== undefined && { logs: readDays('--logs', logs) }),
      ...(data !== undefined && { data: readDays('--data', data) }),
      ...(receipts !== undefined && { receipts: readDays('--receipts', receipts) }),
      ...(audit !== undefined && { audit: readNumber('--audit', audit) }),
      reason,
    };
    if (Object.keys(change).length === 1)
      throw new McError('mc:cli:usage', 'Nothing to set: give one of --logs, --data, --receipts, --audit.');
    const view = await connect(options).retention.set(tenant, change);
    printResult(options, view, () => `${paint('green', '✔')} set\n${render(view)}`);
  });
}

function readNumber(flag: string, text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new McError('mc:cli:usage', `${flag} got ${JSON.stringify(text)}; allowed is a number of days such as 90.`);
}

function readDays(flag: string, text: string): NonNullable<SetRetention['logs']> {
  if (!text.includes('=')) return readNumber(flag, text);
  return Object.fromEntries(
    text.split(',').map((part) => {
      const [name, days] = part.split('=');
      const outcome = RunOutcome.safeParse(name?.trim());
      if (outcome.success && days !== undefined) return [outcome.data, readNumber(flag, days.trim())];
      throw new McError(
        'mc:cli:usage',
        `${flag} got ${JSON.stringify(part)}; allowed is OUTCOME=DAYS with ${RunOutcome.options.join(', ')}.`,
      );
    }),
  );
}

function render({ tenant, retention, isDefault, holds, clock }: RetentionView): string {
  const rows = RunKind.options.map((kind) => [kind, ...RunOutcome.options.map((outcome) => String(retention[kind][outcome]))]);
  const columns = [{ title: 'DAYS' }, ...RunOutcome.options.map((outcome) => ({ title: outcome.toUpperCase() }))];
  const audit = `audit events ${retention.audit} days`;
  const lines = [`${tenant}${isDefault ? ' (defaults)' : ''}`, table(columns, rows), `${audit}; ${holds} legal holds stand`];
  if (!clock.isSteady)
    lines.push(paint('red', `nothing is purged: the clock of the home moved too far since the last round, ${clock.lastRoundAt ?? ''}`));
  return lines.join('\n');
}
