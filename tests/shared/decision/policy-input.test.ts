import { describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import { buildPolicyInput } from '../../../shared/decision/policy-input.ts';
import type { Manifest, ResourceClass } from '../../../shared/manifest/manifest.ts';
import { catalogTenant } from '../../../shared/package/catalog-tenant.ts';
import type { Plan, PlannedTask } from '../../../shared/plan/plan.ts';
import type { HomeConfig } from '../../../shared/port/deps.ts';
import { PolicyInput } from '../../../shared/port/policy-engine.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { newTenant } from '../../../shared/tenant/open-tenant.ts';
import type { Usage } from '../../../shared/tenant/usage.ts';
import { buildActor } from '../../support/build-deps.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const manifest: Manifest = { name: 'audit', version: '1.0.0', tasks: [{ id: 'read', uses: 'pkg:file/read@1.0.0' }] };

const planned = (id: string, resourceClass: ResourceClass): PlannedTask => ({
  id,
  uses: 'pkg:file/read@1.0.0',
  packageDigest: digestBytes('package'),
  packageOwner: catalogTenant,
  needs: [],
  depth: 0,
  region: 'EU',
  resourceClass,
  timeoutMs: 1_000,
  retries: 0,
  egress: [{ host: 'api.example.com', ports: [443] }],
  compensateUses: null,
  compensateDigest: null,
  compensateOwner: null,
  estimatedMs: 10,
  estimatedCostUsdMicros: 5,
  estimate: { basis: 'declared', samples: 0, lowUsdMicros: 4, highUsdMicros: 6, why: 'declared by the package' },
});

const plan: Plan = {
  workflow: { name: 'audit', version: '1.0.0', digest: digestBytes('manifest') },
  region: 'EU',
  sandbox: 'bubblewrap',
  timeoutMs: 60_000,
  tasks: [planned('read', 'small'), planned('report', 'medium')],
  estimatedCostUsdMicros: 10,
  estimatedCostLowUsdMicros: 8,
  estimatedCostHighUsdMicros: 12,
  estimatedCostUSD: 0.00001,
  estimateBasis: 'estimated',
  warnings: [],
};

const config: HomeConfig = {
  region: 'EU',
  declaredRegion: null,
  cloud: 'local',
  builderId: 'https://example.com/home',
  version: '0.0.0',
  encryption: 'none',
  ownerTenant: TenantId.parse('local'),
};

const tenant = newTenant({ clock: new FakeClock() }, { id: TenantId.parse('acme'), createdBy: 'admin@example.com' });
const usage: Usage = { inUse: 3, day: '2026-01-15', reservedUsdMicros: 1_500_000, measuredUsdMicros: 2_000_000, isDayOpen: true };
const actor = buildActor();

describe('the input of a decision', () => {
  test('has the shape that packs are promised, with defaults filled in', () => {
    const input = buildPolicyInput(config, 'start', { actor: buildActor(['operator']), tenant, usage, plan, manifest });
    expect(PolicyInput.parse(input)).toEqual(input);
    expect(input).toMatchObject({
      actor: { sub: 'operator@example.com', kind: 'person', roles: ['operator'], tenant: 'acme', spiffeId: null },
      tenant: {
        id: 'acme',
        quota: { maxConcurrent: 25, inUse: 3 },
        budget: { dailyMaxUSD: 100, spentUSD: 2, reservedUSD: 1.5, day: '2026-01-15', timeZone: 'Etc/UTC' },
      },
      home: { region: null, cloud: 'local' },
      request: { point: 'start', region: 'EU' },
      workflow: { name: 'audit', digest: plan.workflow.digest, dataClass: 'internal', exportTag: null },
      plan: { estimatedCostUSD: 0.00001, sandbox: 'bubblewrap' },
    });
    expect(input.workflow.tasks[1]).toEqual({
      id: 'report',
      uses: 'pkg:file/read@1.0.0',
      region: 'EU',
      resourceClass: 'medium',
      egress: [{ host: 'api.example.com', ports: [443] }],
      redacts: false,
    });
  });

  test('binds the workflow to the region of its manifest, whatever was planned or asked for', () => {
    const bound = { plan: { ...plan, region: 'US' }, manifest: { ...manifest, region: 'EU' } };
    expect(buildPolicyInput(config, 'plan', { actor, tenant, usage, ...bound })).toMatchObject({
      request: { region: 'US' },
      workflow: { region: 'EU' },
    });
  });

  test('binds a workflow without a region to the region of the home, so that asking for another is a mismatch', () => {
    const elsewhere = { plan: { ...plan, region: 'US' }, manifest };
    expect(buildPolicyInput(config, 'plan', { actor, tenant, usage, ...elsewhere })).toMatchObject({
      request: { region: 'US' },
      workflow: { region: 'EU' },
    });
  });

  test('says where the home declares to stand, which is not the region of workflows that name none', () => {
    const declared = { ...config, declaredRegion: 'CH', cloud: 'aws' as const };
    expect(buildPolicyInput(declared, 'plan', { actor, tenant, usage, plan, manifest }).home).toEqual({
      region: 'CH',
      cloud: 'aws',
      encryption: 'none',
    });
  });

  test('says of a task that masks its inputs that it does, unless a compensation of it would get them unmasked', () => {
    const masking: Manifest = { ...manifest, tasks: [{ id: 'read', uses: 'pkg:file/read@1.0.0', with: { path: 'x' }, redact: ['/path'] }] };
    const redacts = (tasks: PlannedTask[]): (boolean | undefined)[] =>
      buildPolicyInput(config, 'plan', { actor, tenant, usage, plan: { ...plan, tasks }, manifest: masking }).workflow.tasks.map(
        (task) => task.redacts,
      );
    expect(redacts([planned('read', 'small'), planned('report', 'small')])).toEqual([true, false]);
    expect(redacts([{ ...planned('read', 'small'), compensateUses: 'pkg:demo/echo@1.0.0' }])).toEqual([false]);
  });

  test('asks for the largest resource class of the tasks', () => {
    const largest = (classes: ResourceClass[]): string => {
      const tasks = classes.map((size, index) => planned(`task${index}`, size));
      return buildPolicyInput(config, 'plan', { actor, tenant, usage, plan: { ...plan, tasks }, manifest }).request.resourceClass;
    };
    expect([largest(['small']), largest(['large', 'medium']), largest(['small', 'medium', 'small'])]).toEqual(['small', 'large', 'medium']);
  });
});
