import type { Command } from 'commander';
import { addConnection, addPaging, describeCommand, type HomeOptions, type PagingOptions } from '../../command-options.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { renderTenant } from '../../terminal/render-tenant.ts';
import { printPage, printResult } from '../../terminal/report.ts';
import { table } from '../../terminal/table.ts';
import { addAudit } from './audit.ts';
import { addMember, addMembers } from './members.ts';
import { addCreate, addSet } from './settings.ts';
import { addToken } from './token.ts';

/** Creates, shows and changes tenants, their members and, for the embedded home, their tokens. */
export function addTenants(program: Command): void {
  const group = program.command('tenants').description('tenants, their members, quotas, budgets, tokens and audit events');
  addList(group);
  addShow(group);
  addCreate(group);
  addSet(group);
  addMembers(group);
  addMember(group);
  addToken(group);
  addAudit(group);
}

function addList(group: Command): void {
  const command = group.command('ls').description('list the tenants you may see');
  describeCommand(addConnection(addPaging(command)), [
    { line: 'maestro tenants ls', meaning: 'all for admins of the owner of the home, else your own' },
  ]).action(async (options: HomeOptions & PagingOptions) => {
    const page = await connect(options).listTenants({ limit: options.limit, cursor: options.cursor });
    const titles = [
      { title: 'TENANT' },
      { title: 'NAME' },
      { title: 'OPEN RUNS', align: 'right' },
      { title: 'USD A DAY', align: 'right' },
      { title: 'TIME ZONE' },
    ] as const;
    const rows = page.items.map(({ id, displayName, quota, budget, timeZone }) => [
      paint('bold', id),
      displayName === id ? '' : displayName,
      `at most ${String(quota.maxConcurrent)}`,
      String(budget.dailyMaxUSD),
      timeZone,
    ]);
    printPage(options, page, { command: 'maestro tenants ls', human: () => table(titles, rows) });
  });
}

function addShow(group: Command): void {
  const command = group.command('show').description('show a tenant and what it uses now').argument('[tenant]', 'default: your own');
  describeCommand(addConnection(command), [
    { line: 'maestro tenants show', meaning: 'your own tenant' },
    { line: 'maestro tenants show acme --json', meaning: 'with its rule data and policy keys' },
  ]).action(async (tenant: string | undefined, options: HomeOptions) => {
    const client = connect(options);
    const shown = await client.getTenant(tenant ?? (await client.whoami()).tenant);
    printResult(options, shown, () => renderTenant(shown));
  });
}
