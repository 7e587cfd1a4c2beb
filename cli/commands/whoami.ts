import type { Command } from 'commander';
import { MaestroClient } from '../client/maestro-client.ts';
import { addConnection, describeCommand, type HomeOptions } from '../command-options.ts';
import { openSession } from '../session.ts';
import { allowanceOfCaller, renderAllowance } from '../terminal/render-allowance.ts';
import { paint } from '../terminal/paint.ts';
import { printResult } from '../terminal/report.ts';

/** Shows as whom, and to which home, the command line speaks, and what the tenant has left. */
export function addWhoami(program: Command): void {
  const command = program
    .command('whoami')
    .description('show the home, the tenant, the roles, the quota and the budget the command line speaks with');
  describeCommand(addConnection(command), [
    { line: 'maestro whoami', meaning: 'the running home of this user' },
    { line: 'maestro whoami --json | jq .budget.spentUSD', meaning: 'what the day has cost so far' },
    { line: 'MC_URL=https://mc.example.com MC_TOKEN=… maestro whoami', meaning: 'another home' },
  ]).action(async (options: HomeOptions) => {
    const session = openSession(options);
    const me = await new MaestroClient(session).whoami();
    printResult(options, { ...me, url: session.url }, () =>
      [
        `${paint('bold', me.subject)} of tenant ${paint('bold', me.tenant)}`,
        `  roles   ${me.roles.join(', ')}`,
        ...renderAllowance(allowanceOfCaller(me)).map((line) => `  ${line}`),
        `  classes ${me.resourceClasses.join(', ')}`,
        `  home    ${session.url} ${paint('dim', `(from ${session.source})`)}`,
      ].join('\n'),
    );
  });
}
