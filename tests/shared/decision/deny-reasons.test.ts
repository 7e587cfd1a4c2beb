import { describe, expect, test } from '@jest/globals';
import { decide } from '../../../shared/decision/decide.ts';
import type { Decision } from '../../../shared/decision/decision.ts';
import { denyReasons } from '../../../shared/decision/deny-reasons.ts';
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
});

describe('an allowing decision', () => {
  test('has no reasons', async () => {
    const decision = await decisionOn(buildInput({ point: 'plan' }));
    expect(denyReasons(decision)).toEqual([]);
  });

  test('has none for its warnings either', async () => {
    const input = badInput();
    const decision = await decisionOn({
      ...input,
      request: { ...input.request, region: 'US' },
      workflow: { ...input.workflow, region: 'US' },
    });
    expect(denyReasons(decision)).toEqual([]);
    expect(decision.verdict).toBe('warn');
  });
});
