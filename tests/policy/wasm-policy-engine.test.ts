import { describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../shared/core/digest.ts';
import { untar } from '../../policy/engine/untar.ts';
import { changedBundle, changedManifest, fixtureBundle, oddBundle, residencyBundle } from '../support/build-policy-bundle.ts';
import { buildInput } from '../support/build-policy-input.ts';
import { loadEngine } from '../support/load-engine.ts';

const unavailable = { code: 'mc:policy:unavailable', retry: 'backoff' };
const wish = (region: string): ReturnType<typeof buildInput> => buildInput({ requested: region });

describe('the policy engine', () => {
  test('gives the verdict of every pack, in the order of names, with the digest of the bundle that judged', async () => {
    const engine = await loadEngine([residencyBundle(), oddBundle()]);
    const verdicts = await engine.evaluate('start', buildInput({ requested: 'calm', workflow: 'calm' }), []);
    expect(verdicts).toEqual([
      { pack: 'odd', digest: digestBytes(oddBundle()), verdict: 'allow', entries: [] },
      { pack: 'residency', digest: digestBytes(residencyBundle()), verdict: 'allow', entries: [] },
    ]);
  });

  test('says deny, with the reason, when a rule denies', async () => {
    const engine = await loadEngine([residencyBundle()]);
    const [verdict] = await engine.evaluate('plan', buildInput({ point: 'plan', requested: 'US', workflow: 'EU' }), []);
    expect(verdict?.verdict).toBe('deny');
    expect(verdict?.entries).toMatchObject([{ effect: 'deny', rule: 'residency.region_mismatch', got: 'US', allowed: 'EU' }]);
  });

  test('gives equal bytes for equal questions, however often it was asked before', async () => {
    const engine = await loadEngine([residencyBundle()]);
    const input = buildInput({ requested: 'RU', workflow: 'EU', tasks: ['RU', 'US', 'EU'] });
    const first = JSON.stringify(await engine.evaluate('start', input, []));
    for (let round = 0; round < 2_500; round++) await engine.evaluate('start', buildInput({ requested: `R${round}` }), []);
    expect(JSON.stringify(await engine.evaluate('start', input, []))).toBe(first);
  });

  test('answers the very same question with the very same list of verdicts, of which none can be changed', async () => {
    const engine = await loadEngine([residencyBundle()]);
    const input = buildInput({ requested: 'US', workflow: 'EU' });
    const first = await engine.evaluate('start', input, []);
    expect(await engine.evaluate('start', input, [])).toBe(first);
    expect(() => first[0]?.entries.pop()).toThrow(TypeError);
    expect(() => Object.assign(first[0] ?? {}, { verdict: 'allow' })).toThrow(TypeError);
  });

  test('does not grow with use: inputs far beyond the memory of an instance can be judged one after another', async () => {
    const engine = await loadEngine([residencyBundle()]);
    const large = buildInput({ tasks: Array.from({ length: 500 }, () => 'EU') });
    const rounds = Math.ceil((2 * 32 * 1024 * 1024) / JSON.stringify(large).length);
    for (let round = 0; round < rounds; round++) {
      // Another tenant each time, so that no verdict is remembered.
      const [verdict] = await engine.evaluate('start', { ...large, tenant: { ...large.tenant, id: `t${round}` } }, []);
      if (verdict?.verdict !== 'allow') throw new Error(`round ${round} said ${String(verdict?.verdict)}`);
    }
  });

  test('answers many questions at once without mixing them', async () => {
    const engine = await loadEngine([residencyBundle()]);
    const regions = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? 'EU' : 'US'));
    const verdicts = await Promise.all(
      regions.map((region) => engine.evaluate('start', buildInput({ requested: region, workflow: 'EU' }), [])),
    );
    expect(verdicts.map(([pack]) => pack?.verdict)).toEqual(regions.map((region) => (region === 'EU' ? 'allow' : 'deny')));
  });
});

describe('what the engine answers at once', () => {
  test('is what it answers to who waits, in the same array', async () => {
    const engine = await loadEngine([residencyBundle()]);
    for (const region of ['EU', 'US']) {
      const input = buildInput({ requested: region, workflow: 'EU' });
      const answer = engine.known('start', input, []);
      expect(answer).toMatchObject([{ pack: 'residency', verdict: region === 'EU' ? 'allow' : 'deny' }]);
      expect(await engine.evaluate('start', input, [])).toBe(answer);
      expect(engine.known('start', input, [])).toBe(answer);
      expect(() => engine.known('plan', input, [])).toThrow(expect.objectContaining(unavailable));
    }
  });

  test('is an error where a pack fails, then nothing until that pack was started again', async () => {
    const engine = await loadEngine([oddBundle()]);
    expect(() => engine.known('start', wish('undefined'), [])).toThrow(expect.objectContaining(unavailable));
    const calm = wish('calm');
    expect(engine.known('start', calm, [])).toBeUndefined();
    const answer = await engine.evaluate('start', calm, []);
    expect(engine.known('start', calm, [])).toBe(answer);
    expect(engine.known('start', wish('calm'), [])).toEqual(answer);
  });

  test('is nothing where packs of the tenant have a say', async () => {
    const engine = await loadEngine([residencyBundle()]);
    const input = buildInput();
    await engine.evaluate('start', input, []);
    expect(engine.known('start', input, [{ name: 'own', version: '1.0.0', digest: digestBytes('own') }])).toBeUndefined();
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
    ['ten thousand reasons', 'too-many'],
    ['two answers at once', 'conflict'],
    ['more memory than an instance has', 'memory'],
  ])('%s', async (_, region) => {
    const engine = await loadEngine([oddBundle()]);
    await expect(engine.evaluate('start', wish(region), [])).rejects.toMatchObject(unavailable);
    // The instance that failed is gone; the next question is judged by a fresh one.
    expect(await engine.evaluate('start', wish('calm'), [])).toMatchObject([{ verdict: 'allow' }]);
  });

  test('one pack that fails makes the whole answer fail', async () => {
    const engine = await loadEngine([residencyBundle(), oddBundle()]);
    await expect(engine.evaluate('start', wish('undefined'), [])).rejects.toMatchObject(unavailable);
  });

  test('a verdict that comes after its time is thrown away', async () => {
    let now = 0;
    const engine = await loadEngine([residencyBundle()], { budgetMs: 10, elapsedMs: () => (now += 10.5) });
    const failure = engine.evaluate('start', buildInput(), []);
    await expect(failure).rejects.toMatchObject({
      ...unavailable,
      cause: { message: 'the evaluation took 10.5 ms, at most 10 ms are allowed' },
    });
  });

  test('a pack is asked once more when the machine stood still while it was asked, and not a third time', async () => {
    // Each question reads the clock before and after; the first takes 500 ms of the wall, the second 1 ms.
    const times = [0, 500, 500, 501];
    let reads = 0;
    const engine = await loadEngine([residencyBundle()], { budgetMs: 10, elapsedMs: () => times[reads++] ?? NaN });
    expect(await engine.evaluate('start', buildInput(), [])).toMatchObject([{ verdict: 'allow' }]);
    expect(reads).toBe(times.length);
  });

  test('a verdict within its time counts', async () => {
    let now = 0;
    const engine = await loadEngine([residencyBundle()], { budgetMs: 10, elapsedMs: () => (now += 10) });
    expect(await engine.evaluate('start', buildInput(), [])).toMatchObject([{ verdict: 'allow' }]);
  });

  test('a question about another point than the request names is refused', async () => {
    const engine = await loadEngine([residencyBundle()]);
    await expect(engine.evaluate('start', buildInput({ point: 'plan' }), [])).rejects.toMatchObject(unavailable);
  });

  test('an input beyond its limit is refused', async () => {
    const engine = await loadEngine([residencyBundle()]);
    await expect(engine.evaluate('start', buildInput({ requested: 'E'.repeat(1024 * 1024) }), [])).rejects.toMatchObject(unavailable);
  });
});

describe('a pack', () => {
  test('is asked at its points only', async () => {
    const archive = await changedManifest(residencyBundle(), { metadata: { points: ['publish', 'write'] } });
    const engine = await loadEngine([archive, oddBundle()]);
    expect((await engine.evaluate('start', wish('calm'), [])).map(({ pack }) => pack)).toEqual(['odd']);
    expect((await engine.evaluate('write', buildInput({ point: 'write' }), [])).map(({ pack }) => pack)).toEqual(['residency']);
    expect(await engine.evaluate('task', buildInput({ point: 'task' }), [])).toEqual([]);
  });

  test('that calls for time, chance or the network is not started, because its verdict could be another tomorrow', async () => {
    await expect(loadEngine([fixtureBundle('clock')])).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringMatching(/Its rules call http\.send, rand\.intn, time\.now_ns;/),
    });
  });

  test('whose module brings a memory of its own is not started', async () => {
    const wasm = Buffer.from((await untar(residencyBundle())).get('policy.wasm') ?? []);
    // Section 5 (memories) with one memory of at least one page, behind everything else: sections are told by their number.
    const greedy = await changedBundle({ 'policy.wasm': Buffer.concat([wasm, Buffer.of(5, 3, 1, 0, 1)]) });
    await expect(loadEngine([greedy])).rejects.toMatchObject({ ...unavailable, message: expect.stringContaining('a memory of its own') });
  });

  test.each([
    ['in the middle of a section', (wasm: Buffer) => wasm.subarray(0, wasm.length - 10)],
    ['in the middle of a number', (wasm: Buffer) => Buffer.concat([wasm, Buffer.of(0, 0x80)])],
  ])('whose module ends %s is not started', async (_, damage) => {
    const wasm = damage(Buffer.from((await untar(residencyBundle())).get('policy.wasm') ?? []));
    await expect(loadEngine([await changedBundle({ 'policy.wasm': wasm })])).rejects.toMatchObject(unavailable);
  });
});

describe('a verdict that is remembered', () => {
  test('is the one that was given: the same question is not asked of the rules again', async () => {
    let asked = 0;
    // The clock is read twice for every question that reaches the rules.
    const engine = await loadEngine([residencyBundle()], { elapsedMs: () => (asked += 0.5) });
    const first = await engine.evaluate('start', buildInput({ requested: 'US' }), []);
    expect(await engine.evaluate('start', buildInput({ requested: 'US' }), [])).toEqual(first);
    expect(asked).toBe(1);
  });

  test('answers no question that differs in anything the pack sees', async () => {
    const engine = await loadEngine([residencyBundle()]);
    const input = buildInput();
    expect(await engine.evaluate('start', input, [])).toMatchObject([{ verdict: 'allow' }]);
    const banning = { ...input, tenant: { ...input.tenant, data: { residency: { banned_jurisdictions: ['EU'] } } } };
    expect(await engine.evaluate('start', banning, [])).toMatchObject([{ verdict: 'deny' }]);
  });

  test('cannot be changed by whoever was given it', async () => {
    const engine = await loadEngine([residencyBundle()]);
    const [verdict] = await engine.evaluate('start', buildInput({ requested: 'US', workflow: 'EU' }), []);
    expect(() => verdict?.entries.pop()).toThrow(TypeError);
    expect(() => Object.assign(verdict ?? {}, { verdict: 'allow' })).toThrow(TypeError);
    expect(() => Object.assign(verdict?.entries[0] ?? {}, { effect: 'warn' })).toThrow(TypeError);
  });

  test('is never a failure: a pack that failed is asked again', async () => {
    let asked = 0;
    const engine = await loadEngine([oddBundle()], { elapsedMs: () => (asked += 1) });
    for (let round = 0; round < 2; round++) await expect(engine.evaluate('start', wish('conflict'), [])).rejects.toMatchObject(unavailable);
    expect(asked).toBe(2);
  });
});

describe('a long reason', () => {
  test('is cut, so that a denial that lists much is still a denial with its reason', async () => {
    const engine = await loadEngine([oddBundle(), residencyBundle()]);
    const [odd] = await engine.evaluate('start', wish('long-message'), []);
    expect(odd).toMatchObject({ verdict: 'deny', entries: [{ rule: 'odd.x', message: `${'x'.repeat(1_999)}…` }] });
    const input = buildInput({ requested: 'calm', workflow: 'calm' });
    const banned = Array.from({ length: 900 }, (_, index) => `X${index}`);
    const data = { residency: { banned_jurisdictions: [...banned, 'CALM'] } };
    const [, residency] = await engine.evaluate('start', { ...input, tenant: { ...input.tenant, data } }, []);
    expect(residency).toMatchObject({ verdict: 'deny', entries: [{ rule: 'residency.region_banned', got: 'calm' }] });
    expect(residency?.entries[0]?.allowed).toHaveLength(2_000);
  });
});

describe('many reasons', () => {
  test('are cut to what one record can hold, and the rest is counted', async () => {
    const engine = await loadEngine([oddBundle()]);
    const [verdict] = await engine.evaluate('start', wish('many'), []);
    expect(verdict).toMatchObject({ verdict: 'deny' });
    expect(verdict?.entries).toHaveLength(100);
    expect(verdict?.entries.at(-1)).toMatchObject({ effect: 'deny', rule: 'odd.more', message: '52 further reasons are not shown.' });
  });

  test('keep every denial before the first warning', async () => {
    const engine = await loadEngine([oddBundle()]);
    const [verdict] = await engine.evaluate('start', wish('many-warnings'), []);
    expect(verdict?.entries.map(({ effect }) => effect)).toEqual(['deny', ...Array.from({ length: 99 }, () => 'warn')]);
  });
});

describe('an engine is not made', () => {
  test('without any pack', async () => {
    await expect(loadEngine([])).rejects.toMatchObject(unavailable);
  });

  test('with two packs of one name', async () => {
    await expect(loadEngine([residencyBundle(), residencyBundle()])).rejects.toMatchObject(unavailable);
  });

  test('from a module that is damaged', async () => {
    const damaged = await changedBundle({ 'policy.wasm': Buffer.concat([Buffer.from('\0asm'), Buffer.alloc(64, 7)]) });
    await expect(loadEngine([damaged])).rejects.toMatchObject(unavailable);
  });
});
