import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { deploymentLambda } from '../../../functions/middleware/deployment-lambda.ts';
import { setAwsEnvironment } from '../aws-environment.ts';

setAwsEnvironment();

let server: Server;
let answers: unknown[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      answers.push(JSON.parse(text));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  answers = [];
});
afterAll(() => {
  server.close();
});

function request(RequestType: string): object {
  const { port } = server.address() as AddressInfo;
  return { RequestType, ResponseURL: `http://127.0.0.1:${port}/answer`, StackId: 'stack', RequestId: '1', LogicalResourceId: 'Catalog' };
}

describe('a step of a deployment', () => {
  test('is done at a create, and CloudFormation is told so', async () => {
    let count = 0;
    await deploymentLambda(async () => (count += 1))(request('Create'), {});
    expect(count).toBe(1);
    expect(answers).toEqual([
      { Status: 'SUCCESS', StackId: 'stack', RequestId: '1', LogicalResourceId: 'Catalog', PhysicalResourceId: 'Catalog' },
    ]);
  });

  test('that fails, fails the deployment with its reason', async () => {
    const step = deploymentLambda(async () => {
      throw new Error('no packages');
    });
    await expect(step(request('Update'), {})).rejects.toThrow('no packages');
    expect(answers).toEqual([expect.objectContaining({ Status: 'FAILED', Reason: 'no packages' })]);
  });

  test('has nothing to undo', async () => {
    let count = 0;
    await deploymentLambda(async () => (count += 1))(request('Delete'), {});
    expect(count).toBe(0);
    expect(answers).toEqual([expect.objectContaining({ Status: 'SUCCESS' })]);
  });
});
