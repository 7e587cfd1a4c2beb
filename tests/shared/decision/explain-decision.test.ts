import { describe, expect, test } from '@jest/globals';
import { decide } from '../../../shared/decision/decide.ts';
import type { Decision } from '../../../shared/decision/decision.ts';
import { denyReasons } from '../../../shared/decision/deny-reasons.ts';
import { explainDecision } from '../../../shared/decision/explain-decision.ts';
import { MemoryMetrics } from '../../../shared/embedded/memory-metrics.ts';
import { ulidIds } from '../../../shared/embedded/ulid-ids.ts';
import type { PolicyInput } from '../../../shared/port/policy-engine.ts';
import { residencyBundle } from '../../support/build-policy-bundle.ts';
import { loadEngine } from '../../support/load-engine.ts';
import { buildInput } from '../../support/build-policy-input.ts';
import { FakeClock } from '../../support/fake-clock.ts';

async function decisionOn(input: PolicyInput): Promise<Decision> {
  const clock = new FakeClock();
  const policy = await loadEngine([residencyBundle()]);
  const deps = { policy, clock, metrics: new MemoryMetrics(), ids: ulidIds(clock, () => 0.5) };
  return decide(deps, input.request.point, { input, packs: [] });
}

/** Personal data that may leave, by a start in a region the workflow is not bound to. */
function badInput(): PolicyInput {
  const input = buildInput({ requested: 'US', workflow: 'EU' });
  const tasks = input.workflow.tasks.map((task) => ({ ...task, egress: [{ host: 'api.example.com', ports: [443] }] }));
  return { ...input, workflow: { ...input.workflow, dataClass: 'pii', tasks } };
}

describe('a denial', () => {
  test('gives the API every reason that denies, with the value seen, the values allowed and the fix, and no warning', async () => {
    expect(denyReasons(await decisionOn(badInput()))).toEqual([
      {
        pack: 'residency',
        rule: 'residency.region_mismatch',
        message: 'The run was asked for in region US, but the workflow is bound to EU.',
        solution: 'Ask for the region of the workflow, or publish a version of the workflow for the region you need.',
        input: 'US',
        allowed: 'EU',
      },
    ]);
  });

  test('tells people the same, and the warnings too', async () => {
    const decision = await decisionOn(badInput());
    expect(explainDecision(decision)).toEqual([
      `Denied at start by policy (packs: residency; decision ${decision.id})`,
      'denied by residency.region_mismatch: The run was asked for in region US, but the workflow is bound to EU.',
      '  seen:    US',
      '  allowed: EU',
      '  fix:     Ask for the region of the workflow, or publish a version of the workflow for the region you need.',
      'warning of residency.sensitive_egress: Task task1 handles pii data and may send it to api.example.com, whose region is not known.',
      '  seen:    api.example.com',
      '  allowed: no egress',
      '  fix:     Remove the egress of the task, or make sure that the hosts keep the data in the region of the run.',
    ]);
  });
});

describe('an allowing decision', () => {
  test('has no reasons and one line', async () => {
    const decision = await decisionOn(buildInput({ point: 'plan' }));
    expect(denyReasons(decision)).toEqual([]);
    expect(explainDecision(decision)).toEqual([`Allowed at plan by policy (packs: residency; decision ${decision.id})`]);
  });

  test('shows its warnings', async () => {
    const input = badInput();
    const decision = await decisionOn({
      ...input,
      request: { ...input.request, region: 'US' },
      workflow: { ...input.workflow, region: 'US' },
    });
    expect(denyReasons(decision)).toEqual([]);
    expect(explainDecision(decision)[0]).toMatch(/^Allowed with warnings at start/);
    expect(explainDecision(decision)[1]).toMatch(/^warning of residency\.sensitive_egress: /);
  });
});
