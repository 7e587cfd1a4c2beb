import type { Command } from 'commander';
import { Duration, durationMs } from '../../../shared/core/time/duration.ts';
import { McError } from '../../../shared/core/errors.ts';
import { Role } from '../../../shared/tenant/actor.ts';
import { ApiProblem } from '../../client/api-problem.ts';
import { MaestroClient } from '../../client/maestro-client.ts';
import { choice, describeCommand } from '../../command-options.ts';
import { runningHome } from '../../session.ts';
import { note, printResult, type OutputOptions } from '../../terminal/report.ts';

type TokenOptions = OutputOptions & { subject: string; role?: Role[]; lifetime: string; dataDir?: string };

/** A leaked token is good for so long; whoever needs more has an identity provider. */
const maxLifetime = '30d';

/** Makes a token of the embedded home's own issuer: whoever may read its key may speak for every member. */
export function addToken(group: Command): void {
  const command = group
    .command('token')
    .description('make a token of the running embedded home for somebody of a tenant')
    .argument('<tenant>', 'name of the tenant')
    .requiredOption('--subject <sub>', 'whom the token speaks of')
    .addOption(choice('--role <role>', 'role in the token, repeatable; the role of a stored member wins', Role.options).argParser(readRole))
    .option('--lifetime <duration>', `how long it is valid, at most ${maxLifetime}`, '1h')
    .option('--data-dir <folder>', 'data folder of the home (default: MC_DATA_DIR, else that of this user)');
  describeCommand(command, [
    { line: 'MC_TOKEN=$(maestro tenants token acme --subject admin@example.com) maestro whoami', meaning: 'as a member of acme' },
    { line: 'maestro tenants token acme --subject eve@example.com --role viewer --lifetime 15m', meaning: 'for somebody who is no member' },
  ]).action(async (tenant: string, options: TokenOptions) => {
    const answer = await makeToken(tenant, options);
    printResult(options, answer, () => answer.token);
    if (options.json !== true) note(`${answer.subject} of ${answer.tenant}: ${answer.roles.join(', ')}, for ${options.lifetime}`);
  });
}

function readRole(word: string, all: Role[] = []): Role[] {
  const parsed = Role.safeParse(word);
  if (parsed.success) return [...all, parsed.data];
  throw new McError('mc:cli:usage', `--role got ${JSON.stringify(word)}; allowed are ${Role.options.join(', ')}.`);
}

interface MadeToken {
  token: string;
  subject: string;
  tenant: string;
  roles: readonly string[];
}

/** The home itself says what the token is worth, so a tenant that is not there or a suspended member is found here and not later. */
async function makeToken(tenant: string, options: TokenOptions): Promise<MadeToken> {
  const lifetimeMs = readLifetime(options.lifetime);
  const { url, dataDir, token: adminToken } = runningHome(options);
  const admin = new MaestroClient({ url, token: adminToken });
  // A name that is not there is told as such, before a token is made for it.
  await admin.getTenant(tenant);
  const [{ findIssuer }, { systemClock }] = await Promise.all([
    import('../../host/issuer.ts'),
    import('../../../shared/embedded/system-clock.ts'),
  ]);
  const issuer = await findIssuer(dataDir, systemClock);
  const token = await issuer.issueToken(url, { sub: options.subject, tenant, roles: options.role ?? [] }, lifetimeMs);
  try {
    const { subject, tenant: known, roles } = await new MaestroClient({ url, token }).whoami();
    return { token, subject, tenant: known, roles };
  } catch (error) {
    throw error instanceof ApiProblem ? await whyWorthless(error, admin, { tenant, subject: options.subject }) : error;
  }
}

/** What a person can do about a token that the home would not let in. */
async function whyWorthless(problem: ApiProblem, admin: MaestroClient, who: { tenant: string; subject: string }): Promise<Error> {
  const { tenant, subject } = who;
  if (problem.code === 'mc:auth:unauthenticated') {
    const message = `The home does not take tokens of its own for ${subject}: it was started with --issuer, so get one from there.`;
    return new McError('mc:auth:unauthenticated', message, { cause: problem });
  }
  if (problem.code !== 'mc:auth:forbidden') return problem;
  const member = await findMember(admin, who);
  if (member?.suspended === true) {
    const back = `maestro tenants member ${tenant} ${subject} --role ${member.role} --resume`;
    return new McError('mc:auth:forbidden', `${subject} is suspended in the tenant ${tenant}; \`${back}\` ends that.`, { cause: problem });
  }
  const add = `maestro tenants member ${tenant} ${subject} --role viewer`;
  return new McError(
    'mc:auth:forbidden',
    `${subject} is no member of ${tenant}, so the token needs a role: give --role, or add the member first, such as \`${add}\`.`,
    { cause: problem },
  );
}

type Member = Awaited<ReturnType<MaestroClient['listMembers']>>['items'][number];

async function findMember(admin: MaestroClient, { tenant, subject }: { tenant: string; subject: string }): Promise<Member | undefined> {
  let cursor: string | undefined;
  do {
    const page = await admin.listMembers(tenant, { limit: 100, cursor });
    const found = page.items.find((member) => member.subject === subject);
    if (found) return found;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return undefined;
}

function readLifetime(text: string): number {
  const parsed = Duration.safeParse(text);
  const ms = parsed.success ? durationMs(parsed.data) : Number.NaN;
  if (ms >= 1_000 && ms <= durationMs(maxLifetime)) return ms;
  throw new McError('mc:cli:usage', `--lifetime got ${JSON.stringify(text)}; allowed is 1s to ${maxLifetime}, such as 15m, 1h or 7d.`);
}
