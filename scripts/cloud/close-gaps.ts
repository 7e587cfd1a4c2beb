/**
 * What the emulator wants and AWS does not have. It asks for a right `sqs:SendMessageBatch`, while on AWS a batch is allowed by
 * `sqs:SendMessage`. The stacks stay as AWS wants them; the roles that may send get the other name here, after the deployment.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { gatewayRequest, type Gateway } from './gateway-request.ts';

const Statement = z.object({ Action: z.union([z.string(), z.array(z.string())]) });
const Template = z.object({ Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.unknown() })) });
const RolePolicy = z.object({ Roles: z.array(z.object({ Ref: z.string() })), PolicyDocument: z.object({ Statement: z.array(Statement) }) });

/** The beginnings of the names of all roles that may send messages: stack and logical id. */
function senders(assembly: string): string[] {
  const templates = readdirSync(assembly).filter((name) => name.endsWith('.template.json'));
  return templates.flatMap((name) => {
    const { Resources } = Template.parse(JSON.parse(readFileSync(join(assembly, name), 'utf8')));
    const policies = Object.values(Resources).flatMap(({ Type, Properties }) =>
      Type === 'AWS::IAM::Policy' ? [RolePolicy.parse(Properties)] : [],
    );
    const sending = policies.filter(({ PolicyDocument }) =>
      PolicyDocument.Statement.some(({ Action }) => [Action].flat().includes('sqs:SendMessage')),
    );
    return sending.flatMap(({ Roles }) => Roles.map(({ Ref }) => `${name.replace('.template.json', '')}-${Ref}-`));
  });
}

const policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sqs:SendMessageBatch', Resource: '*' }] });

async function callIam(gateway: Gateway, fields: Record<string, string>): Promise<string> {
  const { status, body } = await gatewayRequest(gateway, { path: '/', service: 'iam', form: { Version: '2010-05-08', ...fields } });
  if (status !== 200) throw new Error(`the emulator's IAM answered ${status}: ${body}`);
  return body;
}

export async function closeGaps(gateway: Gateway, assembly: string): Promise<void> {
  const roles = [...(await callIam(gateway, { Action: 'ListRoles', MaxItems: '1000' })).matchAll(/<RoleName>([^<]+)</g)].map(
    (match) => match[1] ?? '',
  );
  for (const prefix of senders(assembly)) {
    const RoleName = roles.find((name) => name.startsWith(prefix));
    if (RoleName === undefined) throw new Error(`the emulator has no role ${prefix}…`);
    await callIam(gateway, { Action: 'PutRolePolicy', RoleName, PolicyName: 'emulator-batch', PolicyDocument: policy });
  }
}
