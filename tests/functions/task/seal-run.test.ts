import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { handler } from '../../../functions/task/seal-run.ts';
import { startLoopbackDynamo } from '../../support/loopback-dynamo.ts';
import { setAwsEnvironment } from '../aws-environment.ts';

setAwsEnvironment();
process.env['POWERTOOLS_LOG_LEVEL'] = 'INFO';

let close: () => void;
beforeAll(async () => {
  const { url, server } = await startLoopbackDynamo([]);
  process.env['AWS_ENDPOINT_URL'] = url;
  close = () => server.close();
});
afterAll(() => close());
afterEach(() => {
  jest.restoreAllMocks();
});

test('a phase that no retry mends names its run in the log, and fails', async () => {
  const executionId = 'exec_01ARZ3NDEKTSV4RRFFQ69G5FAV';
  const lines: string[] = [];
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  await expect(handler({ tenant: 'acme', executionId }, {})).rejects.toMatchObject({ code: 'mc:execution:not-found' });
  expect(lines.filter((line) => line.includes(executionId) && line.includes('trying again may not mend it'))).toHaveLength(1);
});
