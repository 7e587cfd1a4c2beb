import type { Command } from 'commander';
import { MaestroClient } from '../client/maestro-client.ts';
import { addConnection, describeCommand, type HomeOptions } from '../command-options.ts';
import { openSession } from '../session.ts';
import { paint } from '../terminal/paint.ts';
import { printResult } from '../terminal/report.ts';

/** Shows as whom, and to which home, the command line speaks. */
export function addWhoami(program: Command): void {
  const command = program.command('whoami').description('show the home, the tenant and the roles the command line speaks with');
  describeCommand(addConnection(command), [
    { line: 'maestro whoami', meaning: 'the running home of this user' },
    { line: 'MC_URL=https://mc.example.com MC_TOKEN=… maestro whoami', meaning: 'another home' },
  ]).action(async (options: HomeOptions) => {
    const session = openSession(options);
    const me = await new MaestroClient(session).whoami();
    printResult(options, { ...me, url: session.url }, () =>
      [
        `${paint('bold', me.subject)} of tenant ${paint('bold', me.tenant)}`,
        `  roles  ${me.roles.join(', ')}`,
        `  home   ${session.url} ${paint('dim', `(from ${session.source})`)}`,
      ].join('\n'),
    );
  });
}
