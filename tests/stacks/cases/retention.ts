/** Retention on AWS: a Map over the tenants every night, rights to erase for nobody else, and no rule of S3 that would delete what somebody keeps. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import validate from 'asl-validator';
import { receiptDaysMin } from '../../../shared/tenant/retention.ts';
import { homeTemplate, type HomeTemplate } from '../home-template.ts';
import { grantsOf, listOf, resourcesOf, statementsOf } from '../read-template.ts';

export function describeRetention(): void {
  const home = homeTemplate({ objectLock: 'compliance' });

  test('the machine is valid Amazon States Language, with a Map over tenants that goes on when one fails', () => {
    const text = readFileSync(new URL('../../../statemachines/retention.asl.json', import.meta.url), 'utf8');
    const { isValid, errorsText } = validate(JSON.parse(text) as Record<string, unknown>);
    expect(errorsText()).toBe('');
    expect(isValid).toBe(true);
    const { States } = JSON.parse(text) as {
      States: Record<string, { Type: string; ItemProcessor?: { States: Record<string, { Catch?: unknown }> } }>;
    };
    expect(States['PurgeTenants']).toMatchObject({ Type: 'Map', MaxConcurrency: 5 });
    expect(States['PurgeTenants']?.ItemProcessor?.States['PurgeTenant']?.Catch).toMatchObject([
      { ErrorEquals: ['States.ALL'], Next: 'LeaveTenant' },
    ]);
  });

  test('a schedule starts it every night, and may start nothing else', () => {
    const schedules = resourcesOf(home, 'AWS::Scheduler::Schedule').filter(({ id }) => id.startsWith('RetentionSchedule'));
    expect(schedules.map(({ resource }) => resource.Properties)).toMatchObject([{ ScheduleExpression: 'cron(0 3 * * ? *)' }]);
    const rights = grantsOf(home).filter(({ id }) => id.startsWith('RetentionScheduleRole'));
    const machine = { Ref: expect.stringMatching(/^RetentionMachine/) };
    expect(rights).toEqual([expect.objectContaining({ Action: 'states:StartExecution', Resource: machine })]);
  });

  test('the machine begins the next page of tenants itself, and may start no other machine', () => {
    const starts = grantsOf(home).filter(
      ({ id, Action }) => id.startsWith('RetentionMachineRole') && listOf(Action).includes('states:StartExecution'),
    );
    expect(starts.map(({ Resource }) => JSON.stringify(Resource))).toEqual([expect.stringMatching(/:stateMachine:mc-dev-retention"]]}$/)]);
  });

  describe('objects', () => {
    test('are erased by the purge and by an admin who asks for one, and by nothing else', () => {
      const policies = resourcesOf(home, 'AWS::IAM::Policy').filter(({ resource }) =>
        statementsOf(resource.Properties).some(({ Action }) => listOf(Action).some((action) => action.startsWith('s3:Delete'))),
      );
      expect(policies.map(({ id }) => id.replace(/(Role)?DefaultPolicy.*/, '')).sort()).toEqual(['PurgeNow', 'RetentionPurge']);
    });

    test('of receipts are locked for seven years, in compliance mode when the deployment says so', () => {
      const locks = (template: HomeTemplate): unknown[] =>
        template.resources.flatMap(({ resource }) => resource.Properties['ObjectLockConfiguration'] ?? []);
      const rule = (Mode: string): unknown => expect.objectContaining({ Rule: { DefaultRetention: { Mode, Days: receiptDaysMin } } });
      expect(locks(home)).toEqual([rule('COMPLIANCE')]);
      expect(locks(homeTemplate())).toEqual([rule('GOVERNANCE')]);
    });

    test('are deleted by no lifecycle rule while they are current: tenants and legal holds say how long they stay', () => {
      const buckets = resourcesOf(home, 'AWS::S3::Bucket').filter(({ id }) => /^(Data|Logs|Receipts)/.test(id));
      expect(buckets.length).toBeGreaterThanOrEqual(3);
      for (const { resource } of buckets) {
        const { Rules = [] } = (resource.Properties['LifecycleConfiguration'] ?? {}) as { Rules?: Record<string, unknown>[] };
        for (const rule of Rules) expect(rule).not.toHaveProperty('ExpirationInDays');
      }
    });
  });
}
