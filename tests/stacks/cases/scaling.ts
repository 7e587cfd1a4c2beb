import { describe, expect, test } from '@jest/globals';
import { quotas } from '../../../scripts/scaling/quotas.ts';
import { readSettings } from '../../../stacks/settings.ts';
import { homeTemplate } from '../home-template.ts';
import { propertiesOf } from '../read-template.ts';

export function describeScaling(): void {
  const home = homeTemplate();
  const raised = homeTemplate({ taskPollers: 50, warmWrites: 26_000 });

  describe('what the stacks set because of the quotas', () => {
    test('an invocation takes one task, fails for it alone, and all of them together leave the account half of its concurrency', () => {
      expect(propertiesOf(home, 'AWS::Lambda::EventSourceMapping')).toEqual([
        expect.objectContaining({
          BatchSize: 1,
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          ScalingConfig: { MaximumConcurrency: 500 },
        }),
      ]);
    });

    test('a home with pollers of its own begins with ten invocations each, and not with five', () => {
      const [mapping] = propertiesOf(raised, 'AWS::Lambda::EventSourceMapping');
      expect(mapping).toMatchObject({ BatchSize: 1, ProvisionedPollerConfig: { MinimumPollers: 50, MaximumPollers: 50 } });
      // Lambda refuses both together.
      expect(mapping).not.toHaveProperty('ScalingConfig');
    });

    test('a warm table is warm in its indexes too, for every write goes to them', () => {
      const warm = { ReadUnitsPerSecond: 26_000, WriteUnitsPerSecond: 26_000 };
      const [table] = propertiesOf(raised, 'AWS::DynamoDB::Table');
      expect(table).toMatchObject({
        WarmThroughput: warm,
        GlobalSecondaryIndexes: [{ WarmThroughput: warm }, { WarmThroughput: warm }],
      });
      expect(propertiesOf(home, 'AWS::DynamoDB::Table')[0]).not.toHaveProperty('WarmThroughput');
    });

    test('the stage limits what the paper says it limits', () => {
      const [stage] = propertiesOf(home, 'AWS::ApiGatewayV2::Stage');
      expect(stage?.['DefaultRouteSettings']).toMatchObject({
        ThrottlingBurstLimit: quotas.stage.burst,
        ThrottlingRateLimit: quotas.stage.perSecond,
      });
    });

    test.each([
      ['taskPollers', '1'],
      ['taskPollers', 'many'],
      ['warmWrites', '3999'],
    ])('%s = %s is refused before anything is deployed', (name, value) => {
      const given: Record<string, unknown> = { issuer: 'https://issuer.example.com', [name]: value };
      expect(() => readSettings({ tryGetContext: (key) => given[key] })).toThrow(name);
      expect(readSettings({ tryGetContext: (key) => ({ ...given, [name]: '4000', taskPollers: '50' })[key] })).toBeDefined();
    });
  });
}
