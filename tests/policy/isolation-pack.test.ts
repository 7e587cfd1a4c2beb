/** How a pack keeps runs from a sandbox that is too weak for it: levels are input, so a list of them is all it takes. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../shared/core/digest.ts';
import type { PolicyInput } from '../../shared/port/policy-engine.ts';
import { sandboxLevels } from '../../shared/port/runner.ts';
import { fixtureBundle, residencyBundle } from '../support/build-policy-bundle.ts';
import { buildInput } from '../support/build-policy-input.ts';
import { loadEngine } from '../support/load-engine.ts';

const archive = fixtureBundle('isolation');
const pack = { name: 'isolation', version: '1.0.0', digest: digestBytes(archive) };
const engine = await loadEngine([residencyBundle()], { own: { load: async () => archive, budgetMs: 10_000 } });
afterAll(() => engine.close());

async function judge(sandbox: string, data: PolicyInput['tenant']['data'] = {}): Promise<unknown> {
  const input = buildInput();
  const asked = { ...input, plan: { ...input.plan, sandbox }, tenant: { ...input.tenant, data } };
  return (await engine.evaluate('start', asked, [pack])).find((verdict) => verdict.pack === 'isolation');
}

describe('a pack that wants a sandbox', () => {
  test.each(sandboxLevels)('lets a run start in the level on its list only: %s', async (level) => {
    const isListed = level === 'bubblewrap-seccomp';
    expect(await judge(level)).toMatchObject({
      verdict: isListed ? 'allow' : 'deny',
      entries: isListed ? [] : [{ rule: 'isolation.sandbox_too_weak', got: level, allowed: 'bubblewrap-seccomp' }],
    });
  });

  test('takes the list of the tenant in its place', async () => {
    const data = { isolation: { sandboxes: ['bubblewrap-seccomp', 'bubblewrap'] } };
    expect(await judge('bubblewrap', data)).toMatchObject({ verdict: 'allow' });
    expect(await judge('node-permission', data)).toMatchObject({ verdict: 'deny' });
  });

  test('denies when its list cannot be read', async () => {
    expect(await judge('bubblewrap-seccomp', { isolation: { sandboxes: 'all' } })).toMatchObject({ verdict: 'deny' });
  });
});
