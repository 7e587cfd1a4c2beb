import { describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import { buildPolicyInput } from '../../../shared/decision/policy-input.ts';
import type { Manifest, ResourceClass } from '../../../shared/manifest/manifest.ts';
import type { Plan, PlannedTask } from '../../../shared/plan/plan.ts';
import { PolicyInput } from '../../../shared/port/policy-engine.ts';
import { buildActor } from '../../support/build-deps.ts';

const manifest: Manifest = { name: 'audit', version: '1.0.0', tasks: [{ id: 'read', uses: 'pkg:file/read@1.0.0' }] };

const planned = (id: string, resourceClass: ResourceClass): PlannedTask => ({
  id,
  uses: 'pkg:file/read@1.0.0',
  packageDigest: digestBytes('package'),
  needs: [],
  depth: 0,
  region: 'EU',
  resourceClass,
  timeoutMs: 1_000,
  retries: 0,
  egress: [{ host: 'api.example.com', ports: [443] }],
  compensateUses: null,
  compensateDigest: null,
  estimatedMs: 10,
  estimatedCostUsdMicros: 5,
});

const plan: Plan = {
  workflow: { name: 'audit', version: '1.0.0', digest: digestBytes('manifest') },
  region: 'EU',
  sandbox: 'bubblewrap',
  timeoutMs: 60_000,
  tasks: [planned('read', 'small'), planned('report', 'medium')],
  estimatedCostUsdMicros: 10,
  estimatedCostUSD: 0.00001,
  estimateBasis: 'estimated',
  warnings: [],
};

describe('the input of a decision', () => {
  test('has the shape that packs are promised, with defaults filled in', () => {
    const input = buildPolicyInput(buildActor(['operator']), 'start', plan, { region: 'US' }, manifest);
    expect(PolicyInput.parse(input)).toEqual(input);
    expect(input).toMatchObject({
      actor: { sub: 'operator@example.com', roles: ['operator'], tenant: 'acme' },
      tenant: { id: 'acme' },
      request: { point: 'start', region: 'US' },
      workflow: { name: 'audit', digest: plan.workflow.digest, dataClass: 'internal', exportTag: null },
      plan: { estimatedCostUSD: 0.00001, sandbox: 'bubblewrap' },
    });
    expect(input.workflow.tasks[1]).toEqual({
      id: 'report',
      uses: 'pkg:file/read@1.0.0',
      region: 'EU',
      resourceClass: 'medium',
      egress: [{ host: 'api.example.com', ports: [443] }],
    });
  });

  test('binds the workflow to the region of its manifest, whatever was planned or asked for', () => {
    const input = buildPolicyInput(buildActor(), 'plan', { ...plan, region: 'US' }, { region: 'US' }, { ...manifest, region: 'EU' });
    expect(input.workflow.region).toBe('EU');
  });

  test('binds a workflow without a region to the region of its plan', () => {
    expect(buildPolicyInput(buildActor(), 'plan', plan, { region: 'US' }, manifest).workflow.region).toBe('EU');
  });

  test('asks for the largest resource class of the tasks', () => {
    const largest = (classes: ResourceClass[]): string => {
      const tasks = classes.map((size, index) => planned(`task${index}`, size));
      return buildPolicyInput(buildActor(), 'plan', { ...plan, tasks }, { region: 'EU' }, manifest).request.resourceClass;
    };
    expect([largest(['small']), largest(['large', 'medium']), largest(['small', 'medium', 'small'])]).toEqual(['small', 'large', 'medium']);
  });
});
