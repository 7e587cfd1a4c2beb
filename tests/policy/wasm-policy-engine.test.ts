import { describe, expect, test } from '@jest/globals';
import { WasmPolicyEngine } from '../../policy/engine/wasm-policy-engine.ts';
import { digestBytes } from '../../shared/core/digest.ts';
import { changedBundle, oddBundle, residencyBundle } from '../support/build-policy-bundle.ts';
import { buildInput } from '../support/build-policy-input.ts';

const unavailable = { code: 'mc:policy:unavailable', retry: 'backoff' };
const wish = (region: string): ReturnType<typeof buildInput> => buildInput({ requested: region });

describe('the policy engine', () => {
  test('gives the verdict of every pack, in the order of names, with the digest of the bundle that judged', async () => {
    const engine = await WasmPolicyEngine.load([residencyBundle(), oddBundle()]);
    const verdicts = await engine.evaluate('start', buildInput({ requested: 'calm', workflow: 'calm' }));
    expect(verdicts).toEqual([
      { pack: 'odd', digest: digestBytes(oddBundle()), verdict: 'allow', entries: [] },
      { pack: 'residency', digest: digestBytes(residencyBundle()), verdict: 'allow', entries: [] },
    ]);
  });

  test('says deny, with the reason, when a rule denies', async () => {
    const engine = await WasmPolicyEngine.load([residencyBundle()]);
    const [verdict] = await engine.evaluate('plan', buildInput({ point: 'plan', requested: 'US', workflow: 'EU' }));
    expect(verdict?.verdict).toBe('deny');
    expect(verdict?.entries).toMatchObject([{ effect: 'deny', rule: 'residency.region_mismatch', got: 'US', allowed: 'EU' }]);
  });

  test('gives equal bytes for equal questions, however often it was asked before', async () => {
    const engine = await WasmPolicyEngine.load([residencyBundle()]);
    const input = buildInput({ requested: 'RU', workflow: 'EU', tasks: ['RU', 'US', 'EU'] });
    const first = JSON.stringify(await engine.evaluate('start', input));
    for (let round = 0; round < 200; round++) await engine.evaluate('start', buildInput({ requested: `R${round}` }));
    expect(JSON.stringify(await engine.evaluate('start', input))).toBe(first);
  });

  test('does not grow with use: inputs far beyond the memory of an instance can be judged one after another', async () => {
    const engine = await WasmPolicyEngine.load([residencyBundle()]);
    const large = buildInput({ tasks: Array.from({ length: 500 }, () => 'EU') });
    const rounds = Math.ceil((2 * 32 * 1024 * 1024) / JSON.stringify(large).length);
    for (let round = 0; round < rounds; round++) {
      const [verdict] = await engine.evaluate('start', large);
      if (verdict?.verdict !== 'allow') throw new Error(`round ${round} said ${String(verdict?.verdict)}`);
    }
  });

  test('answers many questions at once without mixing them', async () => {
    const engine = await WasmPolicyEngine.load([residencyBundle()]);
    const regions = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? 'EU' : 'US'));
    const verdicts = await Promise.all(
      regions.map((region) => engine.evaluate('start', buildInput({ requested: region, workflow: 'EU' }))),
    );
    expect(verdicts.map(([pack]) => pack?.verdict)).toEqual(regions.map((region) => (region === 'EU' ? 'allow' : 'deny')));
  });
});

describe('a pack that does not judge properly is never read as allow', () => {
  test.each([
    ['no result at all', 'undefined'],
    ['a verdict without warnings', 'no-warn'],
    ['a verdict with fields nobody knows', 'more-fields'],
    ['reasons that are text', 'text-entries'],
    ['a reason without a fix', 'no-solution'],
    ['a reason without a message', 'empty-message'],
    ['a reason in the name of another pack', 'foreign-rule'],
    ['a message without end', 'long-message'],
    ['ten thousand reasons', 'too-many'],
    ['a call to the network', 'host-call'],
    ['a look at the clock', 'clock'],
    ['two answers at once', 'conflict'],
    ['more memory than an instance has', 'memory'],
  ])('%s', async (_, region) => {
    const engine = await WasmPolicyEngine.load([oddBundle()]);
    await expect(engine.evaluate('start', wish(region))).rejects.toMatchObject(unavailable);
    // The instance that failed is gone; the next question is judged by a fresh one.
    expect(await engine.evaluate('start', wish('calm'))).toMatchObject([{ verdict: 'allow' }]);
  });

  test('one pack that fails makes the whole answer fail', async () => {
    const engine = await WasmPolicyEngine.load([residencyBundle(), oddBundle()]);
    await expect(engine.evaluate('start', wish('undefined'))).rejects.toMatchObject(unavailable);
  });

  test('a verdict that comes after its time is thrown away', async () => {
    let now = 0;
    const engine = await WasmPolicyEngine.load([residencyBundle()], { budgetMs: 10, elapsedMs: () => (now += 10.5) });
    const failure = engine.evaluate('start', buildInput());
    await expect(failure).rejects.toMatchObject({
      ...unavailable,
      cause: { message: 'the evaluation took 10.5 ms, at most 10 ms are allowed' },
    });
  });

  test('a verdict within its time counts', async () => {
    let now = 0;
    const engine = await WasmPolicyEngine.load([residencyBundle()], { budgetMs: 10, elapsedMs: () => (now += 10) });
    expect(await engine.evaluate('start', buildInput())).toMatchObject([{ verdict: 'allow' }]);
  });

  test('a question about another point than the request names is refused', async () => {
    const engine = await WasmPolicyEngine.load([residencyBundle()]);
    await expect(engine.evaluate('start', buildInput({ point: 'plan' }))).rejects.toMatchObject(unavailable);
  });

  test('an input beyond its limit is refused', async () => {
    const engine = await WasmPolicyEngine.load([residencyBundle()]);
    await expect(engine.evaluate('start', buildInput({ requested: 'E'.repeat(1024 * 1024) }))).rejects.toMatchObject(unavailable);
  });
});

describe('many reasons', () => {
  test('are cut to what one record can hold, and the rest is counted', async () => {
    const engine = await WasmPolicyEngine.load([oddBundle()]);
    const [verdict] = await engine.evaluate('start', wish('many'));
    expect(verdict).toMatchObject({ verdict: 'deny' });
    expect(verdict?.entries).toHaveLength(100);
    expect(verdict?.entries.at(-1)).toMatchObject({ effect: 'deny', rule: 'odd.more', message: '52 further reasons are not shown.' });
  });

  test('keep every denial before the first warning', async () => {
    const engine = await WasmPolicyEngine.load([oddBundle()]);
    const [verdict] = await engine.evaluate('start', wish('many-warnings'));
    expect(verdict?.entries.map(({ effect }) => effect)).toEqual(['deny', ...Array.from({ length: 99 }, () => 'warn')]);
  });
});

describe('an engine is not made', () => {
  test('without any pack', async () => {
    await expect(WasmPolicyEngine.load([])).rejects.toMatchObject(unavailable);
  });

  test('with two packs of one name', async () => {
    await expect(WasmPolicyEngine.load([residencyBundle(), residencyBundle()])).rejects.toMatchObject(unavailable);
  });

  test('from a module that is damaged', async () => {
    const damaged = await changedBundle({ 'policy.wasm': Buffer.concat([Buffer.from('\0asm'), Buffer.alloc(64, 7)]) });
    await expect(WasmPolicyEngine.load([damaged])).rejects.toMatchObject(unavailable);
  });
});
