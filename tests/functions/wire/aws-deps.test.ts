import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { metricNames } from '../../../shared/port/metrics.ts';
import { emfLines } from '../../support/emf-lines.ts';
import { setAwsEnvironment } from '../aws-environment.ts';

describe('the home on AWS', () => {
  beforeEach(() => {
    jest.resetModules(); // Deps are built once a container.
    setAwsEnvironment();
    delete process.env['MC_REGION'];
  });

  const config = async (): Promise<unknown> => (await import('../../../functions/wire/aws-deps.ts')).awsDeps().config;

  test('declares no region of its own accord, however near the region of the cloud may be', async () => {
    expect(await config()).toMatchObject({ cloud: 'aws', region: 'eu-central-1', declaredRegion: null });
  });

  test('stands where its operator declares, and that is where workflows run that name no region', async () => {
    process.env['MC_REGION'] = 'EU';
    expect(await config()).toMatchObject({ region: 'EU', declaredRegion: 'EU' });
  });

  test('does not start with a declaration that no manifest could match', async () => {
    process.env['MC_REGION'] = 'in Europe';
    await expect(config()).rejects.toThrow(/MC_REGION/);
  });

  test('files its metrics under the service that the stacks name, and does not start without one', async () => {
    const { metrics } = (await import('../../../functions/wire/aws-deps.ts')).awsDeps();
    const [filed] = emfLines(metrics, () => metrics.count(metricNames.receiptsTotal));
    expect(filed?.dimensions).toEqual({ service: 'maestro-conductor-test' });
    jest.resetModules();
    delete process.env['POWERTOOLS_SERVICE_NAME'];
    await expect(config()).rejects.toThrow(/POWERTOOLS_SERVICE_NAME/);
  });
});
