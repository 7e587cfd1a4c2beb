import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { OwnPackOptions } from '../../policy/engine/own-packs.ts';
import type { WasmPolicyEngine } from '../../policy/engine/wasm-policy-engine.ts';
import { digestBytes } from '../../shared/core/digest.ts';
import type { OwnPack, PolicyInput } from '../../shared/port/policy-engine.ts';
import { changedManifest, fixtureBundle, oddBundle, residencyBundle } from '../support/build-policy-bundle.ts';
import { buildInput } from '../support/build-policy-input.ts';
import { loadEngine } from '../support/load-engine.ts';

const unavailable = { code: 'mc:policy:unavailable', retry: 'backoff' };
/** The engines of a test, whose processes must end with it. */
const engines: WasmPolicyEngine[] = [];

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
});

const ownPack = (name: string, archive: Uint8Array): OwnPack => ({ name, version: '1.0.0', digest: digestBytes(archive) });
const odd = ownPack('odd', oddBundle());
const endless = ownPack('endless', fixtureBundle('endless'));
const legacy = ownPack('legacy', fixtureBundle('legacy'));

const archives = new Map(
  [odd, endless, legacy, ownPack('clock', fixtureBundle('clock'))].map(({ name, digest }) => [digest, fixtureOf(name)]),
);

function fixtureOf(name: string): Uint8Array {
  if (name === 'odd' || name === 'endless' || name === 'legacy' || name === 'clock') return fixtureBundle(name);
  throw new Error(`no fixture ${name}`);
}

/** What a store does: the bytes with the digest, for whichever tenant. */
const load = jest.fn<OwnPackOptions['load']>();

async function open(options: Partial<OwnPackOptions> = {}): Promise<WasmPolicyEngine> {
  load.mockImplementation(async (_tenant, { digest }) => archives.get(digest) ?? Promise.reject(new Error('it is gone')));
  const engine = await loadEngine([residencyBundle()], { own: { load, budgetMs: 10_000, ...options } });
  engines.push(engine);
  return engine;
}

const asking = (region: string, tenant = 'acme'): PolicyInput => {
  const input = buildInput({ requested: region, workflow: region });
  return { ...input, tenant: { ...input.tenant, id: tenant } };
};

describe("a tenant's own pack", () => {
  test('judges beside the shipped ones, in the order of names, with the digest of its bundle', async () => {
    const engine = await open();
    expect(await engine.evaluate('start', asking('DE'), [odd, legacy]).catch((error: unknown) => error)).toMatchObject(unavailable);
    expect(await engine.evaluate('start', asking('DE'), [legacy])).toMatchObject([
      { pack: 'legacy', digest: legacy.digest, verdict: 'deny', entries: [{ rule: 'legacy.region', got: 'DE' }] },
      { pack: 'residency', verdict: 'allow' },
    ]);
    expect((await engine.evaluate('start', asking('calm'), [odd, legacy])).map(({ pack }) => pack)).toEqual(['legacy', 'odd', 'residency']);
  });

  test('is asked at its points only', async () => {
    const engine = await open();
    const verdicts = await engine.evaluate('plan', buildInput({ point: 'plan' }), [endless, legacy]);
    expect(verdicts.map(({ pack }) => pack)).toEqual(['legacy', 'residency']);
  });

  test('is loaded once and judges many questions at once without mixing them', async () => {
    load.mockClear();
    const engine = await open();
    const regions = Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? 'DE' : `R${index}`));
    const verdicts = await Promise.all(regions.map((region) => engine.evaluate('start', asking(region), [legacy])));
    expect(verdicts.map(([pack]) => pack?.verdict)).toEqual(regions.map((region) => (region === 'DE' ? 'deny' : 'allow')));
    expect(load).toHaveBeenCalledTimes(1);
  });

  test('is loaded for each tenant: what one tenant was vouched for is nothing to another', async () => {
    const engine = await open();
    await engine.evaluate('start', asking('US', 'acme'), [legacy]);
    load.mockImplementation(async () => Promise.reject(new Error('beta never pushed it')));
    await expect(engine.evaluate('start', asking('US', 'beta'), [legacy])).rejects.toMatchObject(unavailable);
  });

  test('remembers its verdict for the same question only', async () => {
    const engine = await open();
    const [first] = await engine.evaluate('start', asking('DE'), [legacy]);
    const [second] = await engine.evaluate('start', asking('DE'), [legacy]);
    expect(second).toBe(first);
    expect(await engine.evaluate('start', asking('DE', 'beta'), [legacy])).toMatchObject([{ verdict: 'deny' }, {}]);
  });
});

describe("an own pack that can't judge is never read as allow", () => {
  test.each(['undefined', 'no-warn', 'foreign-rule', 'conflict', 'memory', 'too-many'])('but refused with its name: %s', async (region) => {
    const engine = await open();
    await expect(engine.evaluate('start', asking(region), [odd])).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringMatching(/^Policy pack odd \(sha256:.*\) of tenant acme gave no usable verdict/),
    });
    // The process that said so goes on, or another one does.
    expect(await engine.evaluate('start', asking('calm'), [odd])).toMatchObject([{ pack: 'odd', verdict: 'allow' }, {}]);
  });

  test.each<[string, OwnPack, RegExp]>([
    ['that is gone from the store', { ...odd, digest: digestBytes('gone') }, /it is gone/],
    ['that calls itself something else', { ...odd, name: 'even' }, /its bundle calls itself odd/],
    ['that asks for the time', ownPack('clock', fixtureBundle('clock')), /Its rules call http\.send, rand\.intn, time\.now_ns/],
  ])('%s', async (_, pack, message) => {
    const engine = await open();
    for (let round = 0; round < 2; round++)
      await expect(engine.evaluate('start', asking('US'), [pack])).rejects.toMatchObject({
        ...unavailable,
        message: expect.stringMatching(message),
      });
  });

  test('when the store hands out other bytes', async () => {
    const engine = await open();
    load.mockImplementation(async () => changedManifest(oddBundle(), { revision: 'other' }));
    await expect(engine.evaluate('start', asking('calm'), [odd])).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining('its bundle has the digest'),
    });
  });

  test('when it has the name of a shipped pack, or is named twice', async () => {
    const engine = await open();
    for (const own of [[{ ...odd, name: 'residency' }], [legacy, legacy]])
      await expect(engine.evaluate('start', asking('US'), own)).rejects.toMatchObject({
        ...unavailable,
        message: expect.stringContaining('there twice'),
      });
  });

  test('when the engine has no way to load it', async () => {
    const engine = await loadEngine([residencyBundle()]);
    await expect(engine.evaluate('start', asking('US'), [odd])).rejects.toMatchObject(unavailable);
  });

  test('when its process cannot be started', async () => {
    const engine = await open({ workerFile: '/no/such/file.mjs' });
    await expect(engine.evaluate('start', asking('calm'), [odd])).rejects.toMatchObject(unavailable);
  });
});

describe('a rule that does not end', () => {
  test('is ended after its time, and a later question is judged by a new process', async () => {
    const engine = await open({ budgetMs: 300 });
    const beganMs = performance.now();
    await expect(engine.evaluate('start', asking('endless'), [endless])).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringMatching(/^Policy pack endless \(.*\) of tenant acme gave no usable verdict: it did not answer within 300 ms/),
    });
    expect(performance.now() - beganMs).toBeLessThan(15_000);
    expect(await engine.evaluate('start', asking('US', 'beta'), [endless, legacy])).toMatchObject([
      { pack: 'endless', verdict: 'allow' },
      { pack: 'legacy', verdict: 'allow' },
      { pack: 'residency', verdict: 'allow' },
    ]);
  });

  test('does not take the answers of questions that came with it', async () => {
    const engine = await open({ budgetMs: 300 });
    const asked = ['US', 'endless', 'DE', 'FR'].map((region, index) =>
      engine.evaluate('start', asking(region, `tenant${index}`), [endless, legacy]),
    );
    const answers = await Promise.allSettled(asked);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  });

  test('costs its tenant a pause, so that it cannot take the time of the others again and again', async () => {
    const engine = await open({ budgetMs: 200, pauseMs: 1_000 });
    await expect(engine.evaluate('start', asking('endless'), [endless])).rejects.toMatchObject(unavailable);
    const beganMs = performance.now();
    await expect(engine.evaluate('start', asking('endless'), [endless])).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining("the tenant's packs are asked again in a few seconds"),
    });
    expect(performance.now() - beganMs).toBeLessThan(200);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await engine.evaluate('start', asking('US'), [endless])).toMatchObject([{ pack: 'endless', verdict: 'allow' }, {}]);
  });

  test('never keeps the answers of shipped packs alone: the whole question is refused', async () => {
    const engine = await open({ budgetMs: 200 });
    await expect(engine.evaluate('start', asking('endless'), [legacy, endless])).rejects.toMatchObject(unavailable);
  });
});

describe('a rule that pads a text to more than there is memory for', () => {
  test('ends the process that judges it and not the home: its tenant is refused and pauses, others are judged', async () => {
    const engine = await open({ pauseMs: 60_000 });
    await expect(engine.evaluate('start', asking('padding'), [odd])).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining('of tenant acme gave no usable verdict: the process that judges it ended'),
    });
    expect(await engine.evaluate('start', asking('calm', 'beta'), [odd])).toMatchObject([{ pack: 'odd', verdict: 'allow' }, {}]);
    await expect(engine.evaluate('start', asking('calm'), [odd])).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining("the tenant's packs are asked again in a few seconds"),
    });
  });
});

describe('one tenant among others', () => {
  test('waits for one question of each, however many another one asks at once', async () => {
    const engine = await open();
    // Both have asked before, so that nothing but the rules takes time.
    await Promise.all(['acme', 'beta'].map((tenant) => engine.evaluate('start', asking('US', tenant), [legacy])));
    let before = 0;
    const many = Array.from({ length: 400 }, (_, index) =>
      engine.evaluate('start', asking(`R${index}`), [legacy]).then(() => (before += 1)),
    );
    await engine.evaluate('start', asking('FR', 'beta'), [legacy]);
    expect(before).toBeLessThan(200);
    await Promise.all(many);
    expect(before).toBe(400);
  });

  test('waits for one rule without end, not for as many as were asked at once', async () => {
    const engine = await open({ budgetMs: 300 });
    const asked = Array.from({ length: 40 }, () => engine.evaluate('start', asking('endless'), [endless]));
    const other = engine.evaluate('start', asking('FR', 'beta'), [legacy]);
    const beganMs = performance.now();
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(asked.map(() => 'rejected'));
    await expect(other).resolves.toMatchObject([{ pack: 'legacy', verdict: 'allow' }, {}]);
    expect(performance.now() - beganMs).toBeLessThan(8_000);
  });
});
