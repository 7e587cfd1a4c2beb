import { beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ecsTaskDefinition } from '../../shared/container/ecs-attempt.ts';
import { ResourceClass } from '../../shared/core/resource-class.ts';
import { buildAttemptContainer } from '../support/container/build-attempt-container.ts';
import { openFargateWalls } from '../support/container/fargate-walls.ts';

const endpoint = z.url().parse(process.env['AWS_ENDPOINT_URL']);
const Answer = z.object({ taskDefinition: z.looseObject({ family: z.string(), status: z.string() }) });
const roleName = 'mc-emulated-pull';

/** The product has no client of ECS or IAM. The emulator looks at the header for the service, and at nothing else of the signature. */
async function call(service: string, headers: Record<string, string>, body: string): Promise<string> {
  const credential = `test/20260101/us-east-1/${service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=test`;
  const response = await fetch(endpoint, { method: 'POST', headers: { ...headers, authorization }, body });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${service} answered ${response.status}: ${text}`);
  return text;
}

async function callEcs(action: string, body: unknown): Promise<z.infer<typeof Answer>['taskDefinition']> {
  const target = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AmazonEC2ContainerServiceV20141113.${action}` };
  return Answer.parse(JSON.parse(await call('ecs', target, JSON.stringify(body)))).taskDefinition;
}

beforeAll(async () => {
  const Statement = [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }];
  const fields = { Action: 'CreateRole', Version: '2010-05-08', RoleName: roleName };
  const form = new URLSearchParams({ ...fields, AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }) });
  await call('iam', { 'content-type': 'application/x-www-form-urlencoded' }, form.toString());
});

test.each(ResourceClass.options)('the task definition of class %s is described with every wall it was registered with', async (name) => {
  const family = `mc-emulated-${name}`;
  const place = { family, executionRoleArn: `arn:aws:iam::000000000000:role/${roleName}`, logGroup: '/attempts', region: 'us-east-1' };
  const definition = ecsTaskDefinition(name, buildAttemptContainer().image, place);
  expect(await callEcs('RegisterTaskDefinition', definition)).toMatchObject({ family, status: 'ACTIVE' });
  const { taskRoleArn, ...described } = await callEcs('DescribeTaskDefinition', { taskDefinition: family });
  // AWS leaves out what was not given; the emulator says that it is empty.
  expect(taskRoleArn ?? '').toBe('');
  expect(openFargateWalls(described)).toEqual([]);
});
