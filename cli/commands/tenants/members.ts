import type { Command } from 'commander';
import { McError } from '../../../shared/core/errors.ts';
import { Role } from '../../../shared/tenant/actor.ts';
import { addConnection, addPaging, choice, describeCommand, type HomeOptions, type PagingOptions } from '../../command-options.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { printPage, printResult } from '../../terminal/report.ts';
import { table } from '../../terminal/table.ts';

type ListOptions = HomeOptions & PagingOptions;
type MemberOptions = HomeOptions & {
  role: Role;
  service?: boolean;
  person?: boolean;
  suspend?: boolean;
  resume?: boolean;
  reason?: string;
};

export function addMembers(group: Command): void {
  const command = group.command('members').description('list the members of a tenant').argument('[tenant]', 'default: your own');
  describeCommand(addConnection(addPaging(command)), [{ line: 'maestro tenants members acme', meaning: 'who may do what' }]).action(
    async (tenant: string | undefined, options: ListOptions) => {
      const client = connect(options);
      const name = tenant ?? (await client.whoami()).tenant;
      const page = await client.listMembers(name, { limit: options.limit, cursor: options.cursor });
      const rows = page.items.map(({ subject, role, kind, suspended }) => [
        subject,
        role,
        kind,
        suspended ? paint('red', 'suspended') : 'active',
      ]);
      printPage(options, page, {
        command: `maestro tenants members ${name}`,
        human: () =>
          rows.length === 0
            ? 'no members: the roles of tokens count'
            : table([{ title: 'SUBJECT' }, { title: 'ROLE' }, { title: 'KIND' }, { title: 'STATE' }], rows),
      });
    },
  );
}

export function addMember(group: Command): void {
  const command = group
    .command('member')
    .description('add a member, change its role, suspend it')
    .argument('<tenant>', 'name of the tenant')
    .argument('<subject>', 'the `sub` of its tokens')
    .addOption(choice('--role <role>', 'what it may do, whatever its tokens say', Role.options).makeOptionMandatory())
    .option('--service', 'it is a program')
    .option('--person', 'it is a person (the default for a new member)')
    .option('--suspend', 'it may do nothing from now on')
    .option('--resume', 'it is no longer suspended')
    .option('--reason <text>', 'why; it stands in the audit event');
  describeCommand(addConnection(command), [
    { line: 'maestro tenants member acme ci@example.com --role operator --service', meaning: 'a program that may start runs' },
    {
      line: 'maestro tenants member acme eve@example.com --role viewer --suspend --reason "left the team"',
      meaning: 'out with the next request',
    },
  ]).action(async (tenant: string, subject: string, options: MemberOptions) => {
    const kind = either(options, 'service', 'person');
    const suspended = either(options, 'suspend', 'resume');
    const member = await connect(options).putMember(tenant, {
      subject,
      role: options.role,
      ...(kind !== undefined && { kind: kind === 'service' ? 'service' : 'person' }),
      ...(suspended !== undefined && { suspended: suspended === 'suspend' }),
      ...(options.reason !== undefined && { reason: options.reason }),
    });
    const state = member.suspended ? `${member.role}, suspended` : member.role;
    printResult(options, member, () => `${paint('green', '✔')} ${member.subject} of ${tenant}: ${state} (${member.kind})`);
  });
}

/** Which of two flags that contradict each other was given. */
function either<T extends 'service' | 'person' | 'suspend' | 'resume'>(options: MemberOptions, first: T, second: T): T | undefined {
  if (options[first] === true && options[second] === true)
    throw new McError('mc:cli:usage', `--${first} and --${second} contradict each other; give one of them.`);
  return options[first] === true ? first : options[second] === true ? second : undefined;
}
