import { describe, expect, test } from '@jest/globals';
import { operations } from '../../../functions/http/index.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { callMaxMs } from '../../../shared/port/phases.ts';
import { homeTemplate, type HomeTemplate } from '../home-template.ts';
import { propertiesOf, resourcesOf } from '../read-template.ts';

/** The variables of every function that works on the home. */
const environmentsOf = (template: HomeTemplate): Record<string, unknown>[] =>
  propertiesOf(template, 'AWS::Lambda::Function')
    .map((properties) => (properties['Environment'] as { Variables?: Record<string, unknown> } | undefined)?.Variables ?? {}) // The template's own form.
    .filter((variables) => variables['MC_TABLE'] !== undefined);

export function describeRunning(): void {
  const home = homeTemplate();
  const other = homeTemplate({ region: 'EU', trustDomain: 'prod.example.com', ownerTenant: TenantId.parse('acme') });

  describe('what runs and who watches', () => {
    test('every function is traced, runs Node 24 and ends', () => {
      const functions = resourcesOf(home, 'AWS::Lambda::Function');
      expect(functions.length).toBe(operations.length + 15);
      for (const { resource } of functions) {
        expect(resource.Properties).toMatchObject({
          Runtime: 'nodejs24.x',
          TracingConfig: { Mode: 'Active' },
          Timeout: expect.any(Number),
        });
      }
    });

    test('a home is declared to stand somewhere, and in a trust domain, exactly when the deployment says so', () => {
      const regions = (template: HomeTemplate): unknown[] =>
        environmentsOf(template).map((variables) => [variables['MC_REGION'], variables['MC_TRUST_DOMAIN']].join(' '));
      expect(new Set(regions(home))).toEqual(new Set([' ']));
      expect(new Set(regions(other))).toEqual(new Set(['EU prod.example.com']));
    });

    test('every function knows which tenant owns the home, and a deployment for another owner opens its tenant', () => {
      const owners = (template: HomeTemplate): unknown[] => {
        const variables = environmentsOf(template).map((environment) => environment['MC_OWNER_TENANT']);
        return [...new Set(variables), ...propertiesOf(template, 'Custom::MaestroCatalog').map((properties) => properties['ownerTenant'])];
      };
      expect(owners(home)).toEqual(['home', 'home']);
      expect(owners(other)).toEqual(['acme', 'acme']);
    });

    test('runs and rotations of keys are supervised by standard machines that are logged and traced', () => {
      const machine = (name: string): unknown =>
        expect.objectContaining({
          StateMachineName: `mc-dev-${name}`,
          StateMachineType: 'STANDARD',
          TracingConfiguration: { Enabled: true },
          LoggingConfiguration: expect.objectContaining({ Level: 'ALL' }),
        });
      const machines = resourcesOf(home, 'AWS::StepFunctions::StateMachine').map(({ resource }) => resource.Properties);
      expect(machines).toEqual(expect.arrayContaining([machine('run'), machine('key-rotation')]));
      for (const { StateMachineType } of machines) expect(StateMachineType).toBe('STANDARD');
    });

    test('a task message that keeps failing is kept for a person, and one failure does not repeat its neighbours', () => {
      expect(
        resourcesOf(home, 'AWS::SQS::Queue').filter(({ resource }) => resource.Properties['RedrivePolicy'] !== undefined),
      ).toHaveLength(1);
      expect(resourcesOf(home, 'AWS::Lambda::EventSourceMapping').map(({ resource }) => resource.Properties)).toEqual([
        expect.objectContaining({ FunctionResponseTypes: ['ReportBatchItemFailures'], ScalingConfig: { MaximumConcurrency: 500 } }),
      ]);
    });

    test('what computes for long gets more than the usual memory', () => {
      const memory = (id: string): unknown[] =>
        resourcesOf(home, 'AWS::Lambda::Function')
          .filter((found) => found.id.startsWith(id))
          .map(({ resource }) => resource.Properties['MemorySize']);
      expect(memory('GetReceipt')).toEqual([1_024]);
      expect(memory('ReplayPolicy')).toEqual([2_048]);
    });

    test('what undoes runs has the time that it counts on', () => {
      const functions = resourcesOf(home, 'AWS::Lambda::Function').filter(({ id }) => id.startsWith('CompensateRun'));
      expect(functions.map(({ resource }) => resource.Properties['Timeout'])).toEqual([callMaxMs / 1_000]);
    });
  });
}
