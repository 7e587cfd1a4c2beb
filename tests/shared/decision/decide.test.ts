import { describe, expect, test } from '@jest/globals';
import { McError } from '../../../shared/core/errors.ts';
import { decide, decideAtOnce } from '../../../shared/decision/decide.ts';
import { Decision } from '../../../shared/decision/decision.ts';
import { MemoryMetrics } from '../../../shared/embedded/memory-metrics.ts';
import { ulidIds } from '../../../shared/embedded/ulid-ids.ts';
import type { PackVerdict, PolicyEngine, RuleEntry } from '../../../shared/port/policy-engine.ts';
import { residencyBundle } from '../../support/build-policy-bundle.ts';
import { loadEngine } from '../../support/load-engine.ts';
import { buildInput } from '../../support/build-policy-input.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { allowing, fakePolicy } from '../../support/fake-policy.ts';

interface Asked {
  deps: Parameters<typeof decide>[0];
  metrics: MemoryMetrics;
  clock: FakeClock;
}

function ask(policy: PolicyEngine): Asked {
  const clock = new FakeClock();
  const metrics = new MemoryMetrics();
  return { deps: { policy, clock, metrics, ids: ulidIds(clock, () => 0.5) }, metrics, clock };
}

const entry = (effect: RuleEntry['effect'], rule: string): RuleEntry => ({
  effect,
  rule,
  message: 'm',
  got: 'g',
  allowed: 'a',
  solution: 's',
});
const saying = (pack: string, verdict: PackVerdict['verdict'], entries: RuleEntry[] = []): PackVerdict => ({
  ...allowing(pack),
  verdict,
  entries,
});
const warning = saying('b', 'warn', [entry('warn', 'b.x')]);
const denying = saying('c', 'deny', [entry('deny', 'c.x'), entry('warn', 'c.y')]);
const unavailable = { code: 'mc:policy:unavailable' };

describe('a decision', () => {
  test('holds the question, what every pack said, an id and the time, in the shape of the contract', async () => {
    const { deps } = ask(await loadEngine([residencyBundle()]));
    const input = buildInput();
    const decision = await decide(deps, 'start', { input, packs: [] });
    expect(Decision.parse(decision)).toEqual(decision);
    expect(decision).toMatchObject({ point: 'start', verdict: 'allow', input, decidedAt: '2026-01-15T12:00:00.000Z' });
    expect(decision.packs.map(({ pack }) => pack)).toEqual(['residency']);
    expect(decision.id).toMatch(/^dec_/);
  });

  test.each([
    ['allow', [allowing('a')]],
    ['warn', [allowing('a'), warning]],
    ['deny', [denying, allowing('a'), warning]],
  ])('is %s when that is the strongest word of a pack', async (verdict, packs) => {
    expect(await decide(ask(fakePolicy(packs)).deps, 'start', { input: buildInput(), packs: [] })).toMatchObject({ verdict, packs });
  });

  test('stands by the answer that was looked at: whoever gave it cannot change it for the next question', async () => {
    const verdict = { ...allowing('a') };
    const answer = [verdict];
    const { deps } = ask({ ...fakePolicy([]), evaluate: () => Promise.resolve(answer) });
    const question = { input: buildInput(), packs: [] };
    await decide(deps, 'start', question);
    expect(() => answer.push(denying)).toThrow(TypeError);
    expect(() => Object.assign(verdict, { verdict: 'deny' })).toThrow(TypeError);
    expect(await decide(deps, 'start', question)).toMatchObject({ verdict: 'allow', packs: [verdict] });
  });

  test('is refused as often as the same answer makes no sense', async () => {
    const answer = [saying('a', 'allow', [entry('deny', 'a.x')])];
    const { deps } = ask({ ...fakePolicy([]), evaluate: () => Promise.resolve(answer) });
    for (const _ of [1, 2]) await expect(decide(deps, 'start', { input: buildInput(), packs: [] })).rejects.toMatchObject(unavailable);
  });

  test('counts denials by tenant, and nothing else', async () => {
    const { deps, metrics } = ask(fakePolicy([denying]));
    await decide(deps, 'start', { input: buildInput(), packs: [] });
    await decide({ ...deps, policy: fakePolicy([warning]) }, 'start', { input: buildInput(), packs: [] });
    expect(metrics.counted('mc_tenant_denies_total', { tenant: 'acme' })).toBe(1);
    expect(metrics.counted('mc_tenant_denies_total')).toBe(1);
  });

  test('records how long the engine took', async () => {
    const asked = ask({
      evaluate: async () => {
        asked.clock.advance(7);
        return [allowing('a')];
      },
    });
    await decide(asked.deps, 'start', { input: buildInput(), packs: [] });
    expect([...asked.metrics.samples('mc_policy_eval_ms')]).toEqual([7]);
  });
});

describe('an answer that is at hand', () => {
  const question = { input: buildInput(), packs: [], about: 'exec_00000000000000000000000000' as const };
  const knowing = (answer: PackVerdict[]): PolicyEngine => ({ evaluate: async () => answer, known: () => answer });

  test.each([
    ['allow', [allowing('a')]],
    ['deny', [denying, allowing('a')]],
  ])('makes the decision that asking would make (%s), and is measured and counted as well', async (_, answer) => {
    const { deps, metrics } = ask(knowing(answer));
    const asked = await decide(deps, 'start', question);
    const known = decideAtOnce(deps, 'start', question);
    expect(known).toEqual({ ...asked, id: known?.id });
    expect(known?.id).not.toBe(asked.id);
    expect(metrics.samples('mc_policy_eval_ms')).toHaveLength(2);
    expect(metrics.counted('mc_tenant_denies_total', { tenant: 'acme' })).toBe(asked.verdict === 'deny' ? 2 : 0);
  });

  test('that makes no sense, or cannot be given, is no decision: that is measured as well', () => {
    const odd = saying('a', 'allow', [entry('deny', 'a.x')]);
    const broken: PolicyEngine = {
      ...fakePolicy(),
      known: () => {
        throw new Error('trap');
      },
    };
    for (const policy of [knowing([odd]), knowing([]), broken]) {
      const { deps, metrics } = ask(policy);
      expect(() => decideAtOnce(deps, 'start', question)).toThrow(expect.objectContaining(unavailable));
      expect(metrics.samples('mc_policy_eval_ms')).toHaveLength(1);
    }
  });

  test('is none from an engine that has to be waited for', async () => {
    const { deps } = ask(fakePolicy());
    await decide(deps, 'start', question);
    expect(decideAtOnce(deps, 'start', question)).toBeUndefined();
  });
});

describe('without a verdict there is no decision', () => {
  test('when no pack judged', async () => {
    await expect(decide(ask(fakePolicy([])).deps, 'start', { input: buildInput(), packs: [] })).rejects.toMatchObject(unavailable);
  });

  test('when the engine throws anything', async () => {
    const cause = new Error('trap');
    const { deps, metrics } = ask({ evaluate: () => Promise.reject(cause) });
    await expect(decide(deps, 'start', { input: buildInput(), packs: [] })).rejects.toMatchObject({ ...unavailable, cause });
    expect(metrics.samples('mc_policy_eval_ms')).toHaveLength(1);
    expect(metrics.counted('mc_tenant_denies_total')).toBe(0);
  });

  test('when the engine throws before it answers', async () => {
    const cause = new Error('not even a promise');
    const engine: PolicyEngine = {
      evaluate: () => {
        throw cause;
      },
    };
    await expect(decide(ask(engine).deps, 'start', { input: buildInput(), packs: [] })).rejects.toMatchObject({ ...unavailable, cause });
  });

  test('when the engine says itself that it cannot judge', async () => {
    const error = new McError('mc:policy:unavailable', 'the pack is gone');
    await expect(decide(ask({ evaluate: () => Promise.reject(error) }).deps, 'start', { input: buildInput(), packs: [] })).rejects.toBe(
      error,
    );
  });

  test.each([
    ['allows with a denial among its reasons', saying('a', 'allow', [entry('deny', 'a.x')])],
    ['warns with a denial among its reasons', saying('a', 'warn', [entry('deny', 'a.x'), entry('warn', 'a.y')])],
    ['allows with a warning among its reasons', saying('a', 'allow', [entry('warn', 'a.x')])],
    ['denies without a reason', saying('a', 'deny')],
  ])('when a pack %s', async (_, odd) => {
    await expect(decide(ask(fakePolicy([allowing('z'), odd])).deps, 'start', { input: buildInput(), packs: [] })).rejects.toMatchObject(
      unavailable,
    );
  });
});
