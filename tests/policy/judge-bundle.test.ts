import { describe, expect, test } from '@jest/globals';
import { judgeBundle, type BundleQuestion } from '../../policy/engine/judge-bundle.ts';
import { changedBundle, changedManifest, fixtureBundle, oddBundle, residencyBundle } from '../support/build-policy-bundle.ts';
import { buildInput } from '../support/build-policy-input.ts';

const about = (region: string): BundleQuestion => ({ input: buildInput({ requested: region, workflow: region }) });
const allow = { verdict: { verdict: 'allow' } };
const options = { timeoutMs: 5_000 };

describe('a bundle that is tried out', () => {
  test('answers every question in its place, or says that it is not asked there', async () => {
    const questions = [about('EU'), about('RU'), { input: buildInput({ point: 'write' }) }, about('US')];
    expect(await judgeBundle(residencyBundle(), questions, options)).toMatchObject([
      allow,
      { verdict: { verdict: 'deny', entries: [{ rule: 'residency.region_banned' }] } },
      'not-asked',
      allow,
    ]);
  });

  test('is asked with other data where a question brings some, and with its own again afterwards', async () => {
    const strict = { banned_jurisdictions: ['EU'], sensitive_data_classes: ['pii'] };
    const questions = [about('EU'), { ...about('EU'), data: strict }, { ...about('EU'), data: {} }, about('EU')];
    expect(await judgeBundle(residencyBundle(), questions, options)).toMatchObject([
      allow,
      { verdict: { verdict: 'deny', entries: [{ rule: 'residency.region_banned' }] } },
      { verdict: { verdict: 'deny' } },
      allow,
    ]);
  });

  test('is shown what is broken, so that it can refuse it', async () => {
    const questions = [{ input: {} }, { input: { ...buildInput(), request: 'x' } }, { input: { ...buildInput(), tenant: null } }];
    const answers = await judgeBundle(residencyBundle(), questions, options);
    expect(answers).toMatchObject([{ verdict: { verdict: 'deny' } }, { verdict: { verdict: 'deny' } }, {}]);
  });

  test('that fails at one question says why, and answers the others', async () => {
    const answers = await judgeBundle(oddBundle(), ['calm', 'conflict', 'foreign-rule', 'memory', 'calm'].map(about), options);
    expect(answers).toMatchObject([
      allow,
      { failure: expect.any(String) },
      { failure: 'the rule residency.x is not one of the pack' },
      { failure: expect.stringContaining('opa_malloc') },
      allow,
    ]);
  });

  test('that fails with a long text is not quoted at length', async () => {
    const [answer] = await judgeBundle(oddBundle(), [about('long-failure')], options);
    expect(answer).toEqual({ failure: expect.stringMatching(/^\[sprintf\] Cannot access property "y" of undefined value "x+$/) });
    expect(answer).toHaveProperty('failure.length', 2_000);
  });

  test('that does not end is ended: what was answered stays, the rest has no verdict', async () => {
    const beganMs = performance.now();
    const answers = await judgeBundle(fixtureBundle('endless'), ['calm', 'endless', 'calm'].map(about), { timeoutMs: 300 });
    expect(performance.now() - beganMs).toBeLessThan(15_000);
    expect(answers).toMatchObject([allow, { failure: 'it did not answer within 300 ms' }, { failure: 'it did not answer within 300 ms' }]);
  });

  test('that does not even start is refused in time: a module may loop when it is made', async () => {
    const looping = await changedBundle({ 'policy.wasm': loopingModule() });
    expect(await judgeBundle(looping, [about('EU')], options)).toEqual([{ failure: 'it did not answer within 3000 ms' }]);
  });

  test('that makes a list larger than the heap ends its process: what was answered stays, the rest has no verdict', async () => {
    // A busy machine may need longer for all that than rules and modules have.
    const ended = { failure: expect.stringMatching(/^the process that judges it ended|^it did not answer within/) };
    expect(await judgeBundle(oddBundle(), ['calm', 'padding', 'calm'].map(about), options)).toMatchObject([allow, ended, ended]);
    const greedy = await changedBundle({ 'policy.wasm': listingModule() });
    expect(await judgeBundle(greedy, [about('EU')], options)).toEqual([ended]);
  }, 30_000);

  test('that asks for the time is refused with what it asks for', async () => {
    expect(await judgeBundle(fixtureBundle('clock'), [about('EU')], options)).toEqual([
      { failure: expect.stringMatching(/^Its rules call http\.send, rand\.intn, time\.now_ns;/) },
    ]);
  });

  test('answers ten thousand questions in seconds, each its own', async () => {
    const regions = Array.from({ length: 10_000 }, (_, index) => (index % 7 === 0 ? 'RU' : `R${index}`));
    const beganMs = performance.now();
    const answers = await judgeBundle(residencyBundle(), regions.map(about), { timeoutMs: 60_000 });
    // Five seconds are the promise on an idle machine; tests share theirs.
    expect(performance.now() - beganMs).toBeLessThan(20_000);
    const denied = answers.map((answer) => answer !== 'not-asked' && 'verdict' in answer && answer.verdict.verdict === 'deny');
    expect(denied).toEqual(regions.map((region) => region === 'RU'));
  });

  test('is asked no more when its answers are as much as was asked for, but once in any case', async () => {
    const regions = Array.from({ length: 200 }, () => 'RU');
    const all = await judgeBundle(residencyBundle(), regions.map(about), options);
    const sizeOfOne = Buffer.byteLength(JSON.stringify(JSON.stringify(all[0])));
    const some = await judgeBundle(residencyBundle(), regions.map(about), { ...options, answerBytes: 20 * sizeOfOne });
    expect(some).toEqual(all.slice(0, 21));
    expect(await judgeBundle(residencyBundle(), regions.map(about), { ...options, answerBytes: 1 })).toEqual(all.slice(0, 1));
  });

  test('has no verdict, and is not blamed, when its process cannot be had', async () => {
    const judging = judgeBundle(residencyBundle(), [about('EU')], { ...options, workerFile: '/no/such/file.mjs' });
    await expect(judging).rejects.toMatchObject({ code: 'mc:policy:unavailable' });
  });

  test('must be well formed', async () => {
    const broken = changedManifest(residencyBundle(), { roots: ['x'] });
    await expect(judgeBundle(await broken, [about('EU')], options)).rejects.toMatchObject({ code: 'mc:policy:unavailable' });
  });
});

const section = (id: number, ...bytes: number[]): number[] => [id, bytes.length, ...bytes];
const text = (word: string): number[] => [word.length, ...Buffer.from(word)];

/** A module that names the functions it calls in a list of twelve million numbers, `[1,1,…,1]`. */
function listingModule(): Buffer {
  const body = [
    ...[1, 1, 0x7f], // an address
    ...[0x41, 0xfb, 0x03, 0x40, 0, 0x1a], // memory.grow by 507 pages
    ...[0x41, 0, 0x41, 0xdb, 0x00, 0x3a, 0, 0], // store "[" at 0
    ...[0x41, 1, 0x21, 0], // begin at 1
    ...[0x03, 0x40, 0x20, 0, 0x41, 0xb1, 0xd8, 0x00, 0x3b, 0, 0], // loop: store "1,"
    ...[0x20, 0, 0x41, 2, 0x6a, 0x22, 0, 0x41, 0x81, 0xb6, 0xb8, 0x0b, 0x48, 0x0d, 0, 0x0b], // up to 24,000,001
    ...[0x41, 0x81, 0xb6, 0xb8, 0x0b, 0x41, 0xb1, 0xba, 0x01, 0x3b, 0, 0], // store "1]"
    ...[0x41, 0, 0x0b], // it begins at 0
  ];
  return Buffer.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 2, 0x60, 0, 1, 0x7f, 0x60, 1, 0x7f, 1, 0x7f), // two types: an address from nothing, and from an address
    ...section(2, 1, ...text('env'), ...text('memory'), 2, 0, 2), // the memory of the host
    ...section(3, 2, 0, 1),
    ...section(7, 2, ...text('builtins'), 0, 0, ...text('opa_json_dump'), 0, 1),
    ...section(10, 2, body.length, ...body, 4, 0, 0x20, 0, 0x0b),
  ]);
}

/** The smallest module that takes the memory it is given and never returns from its start. */
function loopingModule(): Buffer {
  return Buffer.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 0, 0), // one type: no parameters, no results
    ...section(2, 1, ...text('env'), ...text('memory'), 2, 0, 2), // the memory of the host
    ...section(3, 1, 0), // one function
    ...section(8, 0), // which is the start
    ...section(10, 1, 7, 0, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b), // loop { br 0 }
  ]);
}

describe('many bundles at once', () => {
  test('are tried in a few processes; some wait, and whoever comes then is told to come later', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 25 }, () => judgeBundle(residencyBundle(), [about('EU')], options)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(18);
    const refused = asked.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
    for (const reason of refused) expect(reason).toMatchObject({ code: 'mc:host:overloaded', retry: 'backoff' });
    expect(await judgeBundle(residencyBundle(), [about('EU')], options)).toHaveLength(1);
  }, 60_000);
});
