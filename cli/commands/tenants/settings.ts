/** What of a tenant can be set: the same flags for a new one and for a change. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import { McError } from '../../../shared/core/errors.ts';
import type { ChangeTenant } from '../../../shared/tenant-admin/change-tenant.ts';
import { EgressMode } from '../../../shared/port/egress-trace.ts';
import { ResourceClass } from '../../../shared/core/resource-class.ts';
import { addConnection, describeCommand, type HomeOptions } from '../../command-options.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { renderTenant } from '../../terminal/render-tenant.ts';
import { printResult } from '../../terminal/report.ts';
import { reasonOf } from '../../workflow-source.ts';

interface SettingFlags {
  name?: string;
  timeZone?: string;
  maxConcurrent?: string;
  classes?: string;
  dailyUsd?: string;
  reason?: string;
}

type CreateOptions = HomeOptions & SettingFlags & { admin?: string };
type SetOptions = HomeOptions & SettingFlags & { data?: string; egress?: string; policyKey?: string[] };
type Change = z.input<typeof ChangeTenant>;

const settingFlags = ['--data', '--policy-key', '--name', '--time-zone', '--max-concurrent', '--classes', '--daily-usd', '--egress'];

function addSettings(command: Command): Command {
  return command
    .option('--name <text>', 'name for people')
    .option('--time-zone <zone>', 'IANA name; the budget day begins at its midnight')
    .option('--max-concurrent <count>', 'open executions at once')
    .option('--classes <list>', 'resource classes tasks may use: small,medium,large')
    .option('--daily-usd <amount>', 'budget of a day in US dollars, at most 6 decimals')
    .option('--reason <text>', 'why; it stands in the audit event');
}

export function addCreate(group: Command): void {
  const command = group
    .command('create')
    .description('create a tenant; for admins of the owner of the home')
    .argument('<tenant>', '2 to 63 of a-z, 0-9 and -')
    .option('--admin <subject>', 'subject of its first admin, as tokens name it');
  describeCommand(addConnection(addSettings(command)), [
    { line: 'maestro tenants create acme --admin admin@example.com', meaning: '25 runs at once, USD 100 a day' },
    {
      line: 'maestro tenants create beta --max-concurrent 5 --daily-usd 12.50 --time-zone Europe/Berlin',
      meaning: 'with limits of its own',
    },
  ]).action(async (id: string, options: CreateOptions) => {
    const request = { id, ...settingsOf(options), ...(options.admin !== undefined && { admin: options.admin }) };
    const created = await connect(options).createTenant(request);
    printResult(options, created, () =>
      [`${paint('green', '✔')} created ${renderTenant(created)}`, '', ...nextSteps(id, options.admin)].join('\n'),
    );
  });
}

/** A tenant without a member or a token is of no use yet. */
function nextSteps(id: string, admin: string | undefined): string[] {
  const subject = admin ?? 'SUBJECT';
  const add = `  maestro tenants member ${id} SUBJECT --role admin`;
  const token = `  export MC_TOKEN=$(maestro tenants token ${id} --subject ${subject})   # a home on one machine; others: a token of your issuer`;
  return ['next', ...(admin === undefined ? [add] : []), token];
}

export function addSet(group: Command): void {
  const command = group
    .command('set')
    .description('change the settings of a tenant')
    .argument('<tenant>', 'name of the tenant')
    .option('--egress <mode>', 'enforce, or shadow: public hosts outside of the lists of tasks are let through and written down')
    .option('--data <file>', 'JSON file {"<pack>": {…}}: replaces the rule data of these packs, null takes it away')
    .option(
      '--policy-key <file>',
      'PEM file of a public key that may sign policy packs; repeat it for all keys',
      (file: string, all: string[] = []) => [...all, file],
    );
  describeCommand(addConnection(addSettings(command)), [
    { line: 'maestro tenants set acme --daily-usd 500 --reason "more runs in May"', meaning: 'for admins of the owner of the home' },
    { line: 'maestro tenants set acme --data rules.json', meaning: 'for admins of the tenant too' },
    { line: 'maestro tenants set acme --egress shadow --reason "trial week"', meaning: 'for admins of the owner of the home' },
    { line: 'maestro tenants set acme --policy-key team.pub', meaning: 'the keys that may sign its policy packs' },
  ]).action(async (tenant: string, options: SetOptions) => {
    const change = { ...settingsOf(options), ...ruleSettingsOf(options), ...egressOf(options) };
    if (Object.keys(change).every((name) => name === 'reason'))
      throw new McError('mc:cli:usage', `Nothing to change: give one of ${settingFlags.join(', ')}.`);
    const changed = await connect(options).changeTenant(tenant, change);
    printResult(options, changed, () => `${paint('green', '✔')} changed ${renderTenant(changed)}`);
  });
}

function settingsOf({ name, timeZone, maxConcurrent, classes, dailyUsd, reason }: SettingFlags): Change {
  const quota = {
    ...(maxConcurrent !== undefined && { maxConcurrent: readNumber('--max-concurrent', maxConcurrent, 'a whole number such as 25') }),
    ...(classes !== undefined && { resourceClasses: readClasses(classes) }),
  };
  return {
    ...(name !== undefined && { displayName: name }),
    ...(timeZone !== undefined && { timeZone }),
    ...(Object.keys(quota).length > 0 && { quota }),
    ...(dailyUsd !== undefined && { budget: { dailyMaxUSD: readNumber('--daily-usd', dailyUsd, 'a number such as 25 or 12.50') } }),
    ...(reason !== undefined && { reason }),
  };
}

function ruleSettingsOf({ data, policyKey }: SetOptions): Change {
  return {
    ...(data !== undefined && { data: readRuleData(data) }),
    ...(policyKey !== undefined && { policyKeys: policyKey.map(readPublicKey) }),
  };
}

function egressOf({ egress }: SetOptions): Change {
  if (egress === undefined) return {};
  const parsed = EgressMode.safeParse(egress);
  if (parsed.success) return { egressMode: parsed.data };
  throw new McError('mc:cli:usage', `--egress got ${JSON.stringify(egress)}; allowed are ${EgressMode.options.join(' and ')}.`);
}

function readNumber(flag: string, text: string, allowed: string): number {
  const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw new McError('mc:cli:usage', `${flag} got ${JSON.stringify(text)}; allowed is ${allowed}.`);
  return value;
}

function readClasses(text: string): ResourceClass[] {
  const parsed = z.array(ResourceClass).safeParse(text.split(',').map((word) => word.trim()));
  if (parsed.success) return parsed.data;
  throw new McError(
    'mc:cli:usage',
    `--classes got ${JSON.stringify(text)}; allowed are ${ResourceClass.options.join(', ')}, with commas between them.`,
  );
}

const RuleData = z.record(z.string(), z.record(z.string(), z.json()).nullable());

function readRuleData(path: string): z.infer<typeof RuleData> {
  const usage = `--data ${path} is not rule data; allowed is a JSON file such as {"residency": {"banned_jurisdictions": ["KP"]}}.`;
  try {
    return RuleData.parse(JSON.parse(readText(path)));
  } catch (error) {
    throw error instanceof McError ? error : new McError('mc:cli:usage', usage, { cause: error });
  }
}

/** A private key given by mistake never leaves this machine. */
function readPublicKey(path: string): string {
  const pem = readText(path);
  if (!pem.includes('PRIVATE KEY')) return pem;
  const message = `--policy-key ${path} is a private key; allowed is its public part: \`openssl ec -in ${path} -pubout -out ${path}.pub\`.`;
  throw new McError('mc:cli:usage', `${message} Nothing was sent.`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new McError('mc:cli:file-unreadable', `${path} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
}
