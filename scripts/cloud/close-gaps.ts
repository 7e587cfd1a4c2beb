/**
 * Rights that the emulator asks for and AWS does not. The stacks stay as AWS wants them; the roles concerned get the emulator's spelling here, after
 * the deployment.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { gatewayRequest, type Gateway } from './gateway-request.ts';

const Statement = z.object({ Action: z.union([z.string(), z.array(z.string())]) });
const Template = z.object({ Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.unknown() })) });
const RolePolicy = z.object({ Roles: z.array(z.object({ Ref: z.string() })), PolicyDocument: z.object({ Statement: z.array(Statement) }) });

/** What a role has by the stacks, and what the emulator wants to see on every resource for the same. */
const gaps: Readonly<Record<string, string>> = {
  // On AWS a batch is allowed by the right to send one message.
  'sqs:SendMessage': 'sqs:SendMessageBatch',
  // AWS looks at the state machine of the token, whatever its documentation says; the emulator only at `*`.
  'states:SendTaskSuccess': 'states:SendTaskSuccess',
  // The emulator does not see which alias a request is about, and wants a right to look at one that is not there yet.
  'kms:CreateAlias': 'kms:CreateAlias',
  'kms:UpdateAlias': 'kms:UpdateAlias',
  'kms:ScheduleKeyDeletion': 'kms:DescribeKey',
};

/** The emulator's spelling of what this policy lacks there. */
function missingActions(policy: z.infer<typeof RolePolicy>): string[] {
  const granted = policy.PolicyDocument.Statement.flatMap(({ Action }) => Action);
  return Object.entries(gaps).flatMap(([has, needs]) => (granted.includes(has) ? [needs] : []));
}

/** Roles with a gap, by the beginning of their names (stack and logical id). */
function rolesWithGaps(assembly: string): { prefix: string; actions: string[] }[] {
  const templates = readdirSync(assembly).filter((name) => name.endsWith('.template.json'));
  return templates.flatMap((name) => {
    const stack = name.replace('.template.json', '');
    const { Resources } = Template.parse(JSON.parse(readFileSync(join(assembly, name), 'utf8')));
    const policies = Object.values(Resources).flatMap(({ Type, Properties }) =>
      Type === 'AWS::IAM::Policy' ? [RolePolicy.parse(Properties)] : [],
    );
    return policies.flatMap((policy) => policy.Roles.map(({ Ref }) => ({ prefix: `${stack}-${Ref}-`, actions: missingActions(policy) })));
  });
}

async function callIam(gateway: Gateway, fields: Record<string, string>): Promise<string> {
  const { status, body } = await gatewayRequest(gateway, { path: '/', service: 'iam', form: { Version: '2010-05-08', ...fields } });
  if (status !== 200) throw new Error(`the emulator's IAM answered ${status}: ${body}`);
  return body;
}

export async function closeGaps(gateway: Gateway, assembly: string): Promise<void> {
  const listed = await callIam(gateway, { Action: 'ListRoles', MaxItems: '1000' });
  const names = [...listed.matchAll(/<RoleName>([^<]+)</g)].map((match) => match[1] ?? '');
  for (const { prefix, actions } of rolesWithGaps(assembly).filter((role) => role.actions.length > 0)) {
    const RoleName = names.find((name) => name.startsWith(prefix));
    if (RoleName === undefined) throw new Error(`the emulator has no role ${prefix}…`);
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] });
    await callIam(gateway, { Action: 'PutRolePolicy', RoleName, PolicyName: 'emulator', PolicyDocument });
  }
}
